package diffargs

import (
	"bytes"
	"errors"
	"io"
	"runtime"
	"strings"
	"testing"
	"testing/iotest"
)

func TestDigestText(t *testing.T) {
	t.Parallel()
	d := Sum([]byte("abc"))
	text, err := d.MarshalText()
	if err != nil {
		t.Fatal(err)
	}
	var back Digest
	if err := back.UnmarshalText(text); err != nil || back != d {
		t.Errorf("%s read back as %s, %v", text, back, err)
	}
	if d.String() != string(text) || !strings.HasPrefix(d.String(), d.Short()) || len(d.Short()) != 12 {
		t.Errorf("String %q, Short %q, text %q", d.String(), d.Short(), text)
	}
	if d.IsZero() || !(Digest{}).IsZero() {
		t.Error("IsZero is wrong")
	}
	for _, bad := range []string{"", "ab", strings.Repeat("g", 64), strings.Repeat("0", 66)} {
		back := d
		if err := back.UnmarshalText([]byte(bad)); err == nil || back != d {
			t.Errorf("%q: error %v, digest now %s", bad, err, back)
		}
	}
}

// All ways to the digest of bytes agree, at the sizes where the way changes.
func TestSum(t *testing.T) {
	t.Parallel()
	for _, size := range []int{0, 1, 4000, 4096, 65535, 65536, 65537, 131072, 131073, 1 << 20, 1<<20 + 1, 33 << 16, 33<<16 + 1, 65<<16 - 1} {
		data := bytes.Repeat([]byte("0123456789abcdefg"), size/17+1)[:size]
		want := mustDigest(t, string(data))
		if got := Sum(data); got != want {
			t.Errorf("%d bytes: Sum %s, Of %s", size, got, want)
		}
		for name, r := range map[string]io.Reader{
			"whole": bytes.NewReader(data), "halves": iotest.HalfReader(bytes.NewReader(data)),
			"data and EOF": iotest.DataErrReader(bytes.NewReader(data)),
		} {
			if got, n, err := SumReader(r); got != want || n != int64(size) || err != nil {
				t.Errorf("%d bytes, %s: SumReader %s, %d, %v, want %s", size, name, got, n, err, want)
			}
		}
		if size > 0 {
			data[size-1]++
			if Sum(data) == want {
				t.Errorf("%d bytes: the last one does not count", size)
			}
		}
	}
	broken := errors.New("disk is gone")
	if _, _, err := SumReader(io.MultiReader(strings.NewReader("abc"), iotest.ErrReader(broken))); !errors.Is(err, broken) {
		t.Errorf("error %v, want %v", err, broken)
	}
}

func TestCoresDoNotCount(t *testing.T) { //nolint:paralleltest // it changes how many cores there are
	numbers := make([]float64, 300_000)
	for i := range numbers {
		numbers[i] = float64(i)
	}
	want := mustDigest(t, numbers)
	for _, cores := range []int{1, 2, 7} {
		before := runtime.GOMAXPROCS(cores)
		got := mustDigest(t, numbers)
		runtime.GOMAXPROCS(before)
		if got != want {
			t.Errorf("digest %s on %d cores, want %s", got, cores, want)
		}
	}
}
