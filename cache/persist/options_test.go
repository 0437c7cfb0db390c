package persist_test

import (
	"bytes"
	"errors"
	"path/filepath"
	"strings"
	"testing"

	"labbook/cache/persist"
)

func TestImpossibleOptions(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	dump := func(name string) func(...persist.Option) error {
		return func(opts ...persist.Option) error { return persist.Dump(filepath.Join(dir, name), 1, opts...) }
	}
	create := func(name string) func(...persist.Option) error {
		return func(opts ...persist.Option) error {
			_, err := persist.Create(filepath.Join(dir, name), 1, opts...)
			return err
		}
	}
	there := filepath.Join(dir, "there")
	if err := persist.Dump(there, 1); err != nil {
		t.Fatal(err)
	}
	loaded := func(opts ...persist.Option) error {
		_, err := persist.Load[int](there, opts...)
		return err
	}
	decode := func(opts ...persist.Option) error {
		_, err := persist.Decode[int](bytes.NewReader(nil), opts...)
		return err
	}
	encode := func(opts ...persist.Option) error { return persist.Encode(new(bytes.Buffer), 1, opts...) }
	for _, test := range []struct {
		reason string
		do     func(...persist.Option) error
		opts   []persist.Option
		option string
		say    string
	}{
		{"no such codec", encode, []persist.Option{persist.Compress(9)}, "Compress", "there is no codec 9"},
		{"a negative codec", encode, []persist.Option{persist.Compress(-1)}, "Compress", "there is no codec -1"},
		{"level 0", encode, []persist.Option{persist.Compress(persist.Zstd), persist.Level(0)}, "Level", "levels 1 to 22, and not 0"},
		{"a level too high", dump("v.gz"), []persist.Option{persist.Level(10)}, "Level", "gzip has the levels 1 to 9, and not 10"},
		{"a level of nothing", dump("v"), []persist.Option{persist.Level(3)}, "Level", "nothing is compressed"},
		{"a level of what is not to be compressed", dump("v.gz"), []persist.Option{persist.Compress(persist.None), persist.Level(3)}, "Level", "nothing is compressed"},
		{"dumping to a mapping", dump("v"), []persist.Option{persist.Map(persist.ReadWrite)}, "Map", "Create"},
		{"a limit of what is dumped", dump("v"), []persist.Option{persist.MaxSize(9)}, "MaxSize", "loaded"},
		{"creating a compressed file", create("v.zst"), nil, "Compress", "cannot be mapped"},
		{"creating a file, compressed", create("v"), []persist.Option{persist.Compress(persist.LZ4)}, "Compress", "cannot be mapped"},
		{"loading with a codec", loaded, []persist.Option{persist.Compress(persist.Gzip)}, "Compress", "says itself"},
		{"loading with a level", loaded, []persist.Option{persist.Level(1)}, "Level", "stored"},
		{"no such mode", loaded, []persist.Option{persist.Map(0)}, "Map", "no mode 0"},
		{"another that is not", loaded, []persist.Option{persist.Map(4)}, "Map", "no mode 4"},
		{"no size at all", loaded, []persist.Option{persist.MaxSize(0)}, "MaxSize", "hold nothing"},
		{"mapping a stream", decode, []persist.Option{persist.Map(persist.ReadOnly)}, "Map", "only files"},
	} {
		err := test.do(test.opts...)
		wrong, ok := errors.AsType[*persist.OptionError](err)
		if !ok || wrong.Option != test.option || !strings.Contains(err.Error(), test.say) {
			t.Errorf("%s: got %v, want %q", test.reason, err, test.say)
		}
	}
}

func TestMaxSize(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	value := []any{make([]float64, 200_000), strings.Repeat("x", 5000)}
	for _, codec := range codecs {
		path := filepath.Join(dir, "v"+extensions[codec])
		if err := persist.Dump(path, value); err != nil {
			t.Fatal(err)
		}
		for _, most := range []int64{100, 70_000, 1_604_000} {
			_, err := persist.Load[[]any](path, persist.MaxSize(most))
			if e, ok := errors.AsType[*persist.TooLargeError](err); !ok || e.Limit != most {
				t.Errorf("%v, at most %d: %v", codec, most, err)
			}
		}
		if _, err := persist.Load[[]any](path, persist.MaxSize(1_606_000)); err != nil {
			t.Errorf("%v: %v", codec, err)
		}
	}
	if _, err := persist.Load[[]any](filepath.Join(dir, "v.cbor"), persist.Map(persist.ReadOnly), persist.MaxSize(1000)); err == nil {
		t.Error("a file that is too large was mapped")
	}
}
