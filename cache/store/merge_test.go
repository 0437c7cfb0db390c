package store_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"labbook/cache/store"
)

// outcome is what a merge says of an entry, as a test wants to compare it.
type outcome struct {
	N       int // the entry is keyOf(N)
	Outcome store.MergeOutcome
	Error   string
}

func merge(t testing.TB, into, from *store.Store, options store.MergeOptions) []outcome {
	t.Helper()
	var all []outcome
	for merged, err := range into.Merge(t.Context(), from, options) {
		o := outcome{int(merged.Info.Key[0]) | int(merged.Info.Key[31])<<8, merged.Outcome, ""}
		if err != nil {
			o.Error = err.Error()
		}
		all = append(all, o)
	}
	slices.SortFunc(all, func(x, y outcome) int { return cmp.Compare(x.N, y.N) })
	return all
}

func putAll(t testing.TB, s *store.Store, payloads map[int]string) {
	t.Helper()
	for n, payload := range payloads {
		put(t, s, keyOf(n), []byte(payload))
	}
}

// tree returns the files of a folder, but for what an index keeps to itself.
func tree(t testing.TB, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if d.Name() == ".index" {
				return fs.SkipDir
			}
			return nil
		}
		b, err := os.ReadFile(path)
		relative, _ := filepath.Rel(dir, path)
		files[relative] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

func TestMerge(t *testing.T) {
	t.Parallel()
	into, from := store.Open(t.TempDir(), store.Limits{}), store.Open(t.TempDir(), store.Limits{})
	large := string(bytes.Repeat([]byte("large "), 100_000))
	putAll(t, from, map[int]string{1: "new", 2: "same", 3: "theirs", 4: "damaged there", 5: "damaged here", 6: large, 7: "newer here", 8: "damaged there, another here", 9: "newer there"})
	putAll(t, into, map[int]string{2: "same", 3: "ours", 5: "damaged here", 7: "newer here", 8: "another", 10: "only here"})
	spoil(t, from.Path(function, keyOf(4)), -1)
	spoil(t, from.Path(function, keyOf(8)), -1)
	spoil(t, from.Path(function, keyOf(9)), 7)
	spoil(t, into.Path(function, keyOf(5)), 127)
	spoil(t, into.Path(function, keyOf(7)), 7)

	corrupt := func(n int) string {
		return "entry " + from.Path(function, keyOf(n)) + " is corrupt: the digest of its payload is wrong"
	}
	newer := "entry " + from.Path(function, keyOf(9)) + " has format 254, and this program reads format 1: update labbook to read it"
	want := []outcome{
		{1, store.MergeTaken, ""},
		{2, store.MergeThere, ""},
		{3, store.MergeConflict, ""},
		{4, store.MergeSkipped, corrupt(4)},
		{5, store.MergeReplaced, ""},
		{6, store.MergeTaken, ""},
		{7, store.MergeThere, ""},
		{8, store.MergeSkipped, corrupt(8)},
		{9, store.MergeSkipped, newer},
	}
	theirs, ours := tree(t, from.Dir()), tree(t, into.Dir())
	if diff := gocmp.Diff(want, merge(t, into, from, store.MergeOptions{DryRun: true})); diff != "" {
		t.Errorf("dry run (-want +got):\n%s", diff)
	}
	if diff := gocmp.Diff(ours, tree(t, into.Dir())); diff != "" {
		t.Errorf("a dry run changed something:\n%s", diff)
	}
	if diff := gocmp.Diff(want, merge(t, into, from, store.MergeOptions{})); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if diff := gocmp.Diff(theirs, tree(t, from.Dir())); diff != "" {
		t.Errorf("the merge changed where it took from:\n%s", diff)
	}
	for n, payload := range map[int]string{1: "new", 2: "same", 3: "ours", 5: "damaged here", 6: large, 8: "another", 10: "only here"} {
		if e, err := into.Get(function, keyOf(n)); err != nil || string(e.Payload) != payload {
			t.Errorf("entry %d: %v", n, err)
		}
	}
	if a, b := tree(t, into.Dir()), theirs; a[relativePath(into, 6)] != b[relativePath(from, 6)] {
		t.Error("the copy is another file than the original")
	}
	for _, n := range []int{4, 9} {
		if into.Contains(function, keyOf(n)) {
			t.Errorf("entry %d was taken", n)
		}
	}
	temporary, _ := filepath.Glob(filepath.Join(into.Dir(), "*", "tmp", "*"))
	if len(temporary) > 0 {
		t.Errorf("left behind: %s", temporary)
	}

	for i := range want {
		if o := &want[i]; o.Outcome == store.MergeTaken || o.Outcome == store.MergeReplaced {
			o.Outcome = store.MergeThere
		}
	}
	if diff := gocmp.Diff(want, merge(t, into, from, store.MergeOptions{})); diff != "" {
		t.Errorf("once more (-want +got):\n%s", diff)
	}
}

func relativePath(s *store.Store, n int) string {
	relative, _ := filepath.Rel(s.Dir(), s.Path(function, keyOf(n)))
	return relative
}

func TestMergeConflictShowsBoth(t *testing.T) {
	t.Parallel()
	into, from := store.Open(t.TempDir(), store.Limits{}), store.Open(t.TempDir(), store.Limits{})
	put(t, into, keyOf(1), []byte("ours"))
	put(t, from, keyOf(1), []byte("theirs"))
	for merged, err := range into.Merge(t.Context(), from, store.MergeOptions{}) {
		if err != nil || merged.Ours.PayloadDigest != store.Digest([]byte("ours")) || merged.Info.PayloadDigest != store.Digest([]byte("theirs")) ||
			merged.Ours.Path != into.Path(function, keyOf(1)) || merged.Info.Path != from.Path(function, keyOf(1)) {
			t.Errorf("%+v, %v", merged, err)
		}
	}
}

func TestMergeTakesPinsAndUses(t *testing.T) {
	t.Parallel()
	into, from := store.Open(t.TempDir(), store.Limits{}), store.Open(t.TempDir(), store.Limits{})
	put(t, into, keyOf(5), []byte("used here before"))
	for n, payload := range []string{1: "new", 2: "same", 3: "theirs", 5: "used here before"} {
		if n != 0 && payload != "" {
			put(t, from, keyOf(n), []byte(payload))
		}
	}
	for n := 1; n <= 3; n++ {
		if err := from.Pin(function, keyOf(n)); err != nil {
			t.Fatal(err)
		}
	}
	putAll(t, into, map[int]string{2: "same", 3: "ours", 4: "only here"})
	before := map[int]time.Time{}
	for n := 2; n <= 5; n++ {
		before[n], _ = into.LastUsed(function, keyOf(n))
	}
	merge(t, into, from, store.MergeOptions{})
	for n, want := range map[int]bool{1: true, 2: true, 3: false, 4: false} {
		if got := into.Pinned(function, keyOf(n)); got != want {
			t.Errorf("entry %d is pinned: %t, want %t", n, got, want)
		}
	}
	there := func(n int) time.Time {
		used, _ := from.LastUsed(function, keyOf(n))
		return used
	}
	for _, s := range []*store.Store{into, store.Open(into.Dir(), store.Limits{})} {
		for _, test := range []struct {
			reason string
			n      int
			want   time.Time
		}{
			{"taken", 1, there(1)},
			{"used here later", 2, before[2]},
			{"a conflict is none of theirs", 3, before[3]},
			{"only here", 4, before[4]},
			{"used there later", 5, there(5)},
		} {
			if got, known := s.LastUsed(function, keyOf(test.n)); !known || !got.Equal(test.want) {
				t.Errorf("%s: last used %v (%t), want %v", test.reason, got, known, test.want)
			}
		}
		if usage, err := s.Usage(t.Context()); err != nil || usage.Entries != 5 {
			t.Errorf("%+v, %v", usage, err)
		}
		// Who is to go first was used longest ago, wherever that was.
		plan, err := s.Plan(t.Context(), store.Limits{MaxEntries: 2})
		if err != nil || len(plan) != 3 || plan[0].Key != keyOf(5) {
			t.Errorf("plan %v, %v", plan, err)
		}
	}
}

func TestMergeIntoItself(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	into := store.Open(dir, store.Limits{})
	put(t, into, keyOf(1), nil)
	linked := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(dir, linked); err != nil {
		t.Skip("no symbolic links:", err)
	}
	for _, from := range []string{dir, linked, filepath.Join(dir, ".")} {
		seen := 0
		for _, err := range into.Merge(t.Context(), store.Open(from, store.Limits{}), store.MergeOptions{}) {
			seen++
			if !errors.Is(err, store.ErrSameStore) {
				t.Errorf("%s: %v", from, err)
			}
		}
		if seen != 1 {
			t.Errorf("%s: %d times", from, seen)
		}
	}
}

func TestMergeFollowsNoLinks(t *testing.T) {
	t.Parallel()
	into, from, secret := store.Open(t.TempDir(), store.Limits{}), store.Open(t.TempDir(), store.Limits{}), store.Open(t.TempDir(), store.Limits{})
	for n := 1; n <= 3; n++ {
		put(t, secret, keyOf(n), []byte("secret"))
	}
	put(t, from, keyOf(4), []byte("theirs"))
	link := func(to, at string) {
		t.Helper()
		if err := os.MkdirAll(filepath.Dir(at), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(to, at); err != nil {
			t.Skip("no symbolic links:", err)
		}
	}
	folder := func(s *store.Store, n int) string { return filepath.Dir(s.Path(function, keyOf(n))) }
	link(secret.Path(function, keyOf(1)), from.Path(function, keyOf(1)))                              // an entry
	link(folder(secret, 2), folder(from, 2))                                                          // 256 of them
	link(filepath.Dir(folder(secret, 3)), filepath.Dir(filepath.Dir(from.Path("other.F", keyOf(3))))) // all of a function
	taken, skipped, links := 0, 0, 0
	for merged, err := range into.Merge(t.Context(), from, store.MergeOptions{}) {
		var refused *store.LinkError
		switch {
		case merged.Outcome == store.MergeTaken && merged.Info.Key == keyOf(4):
			taken++
		case merged.Outcome == store.MergeSkipped && errors.As(err, &refused):
			links++
		case merged.Outcome == store.MergeSkipped:
			wantCorrupt(t, err, "a link in the place of an entry")
			skipped++
		default:
			t.Errorf("%+v, %v", merged, err)
		}
	}
	if taken != 1 || skipped != 1 || links != 2 {
		t.Errorf("%d taken, %d skipped, %d links refused", taken, skipped, links)
	}
	// Here a link in the place of an entry is replaced, not written through.
	put(t, into, keyOf(5), nil)
	if err := os.Remove(into.Path(function, keyOf(5))); err != nil {
		t.Fatal(err)
	}
	put(t, secret, keyOf(5), []byte("secret"))
	put(t, from, keyOf(5), []byte("theirs"))
	link(secret.Path(function, keyOf(5)), into.Path(function, keyOf(5)))
	merge(t, into, from, store.MergeOptions{})
	for s, want := range map[*store.Store]string{secret: "secret", into: "theirs"} {
		if e, err := s.Get(function, keyOf(5)); err != nil || string(e.Payload) != want {
			t.Errorf("%q: %v", want, err)
		}
	}
}

func TestMergeStopsWhereNothingCanBeWritten(t *testing.T) {
	t.Parallel()
	into, from := store.Open(t.TempDir(), store.Limits{}), store.Open(t.TempDir(), store.Limits{})
	for n := range 50 {
		put(t, from, keyOf(n), []byte("theirs"))
	}
	// A file where the function's folder would be.
	if err := os.WriteFile(filepath.Dir(filepath.Dir(into.Path(function, keyOf(1)))), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	stopped := 0
	for merged, err := range into.Merge(t.Context(), from, store.MergeOptions{}) {
		if merged.Outcome != store.MergeStopped || err == nil {
			t.Errorf("%+v, %v", merged, err)
		}
		stopped++
	}
	if stopped != 1 {
		t.Errorf("%d times", stopped)
	}
}

func TestMergeEndsWithItsContext(t *testing.T) {
	t.Parallel()
	into, from := store.Open(t.TempDir(), store.Limits{}), store.Open(t.TempDir(), store.Limits{})
	for n := range 300 {
		put(t, from, keyOf(n), nil)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var last error
	for _, err := range into.Merge(ctx, from, store.MergeOptions{}) {
		cancel()
		last = err
	}
	if !errors.Is(last, context.Canceled) {
		t.Errorf("%v", last)
	}
}

// mergerRole merges the store in dir/from into dir/into, as a process that is
// killed while it does.
func mergerRole(dir string) int {
	into, from := store.Open(filepath.Join(dir, "into"), store.Limits{}), store.Open(filepath.Join(dir, "from"), store.Limits{})
	fmt.Fprintln(os.Stdout, "merging")
	for _, err := range into.Merge(context.Background(), from, store.MergeOptions{}) {
		if err != nil {
			fmt.Fprintln(os.Stderr, "merge:", err)
			return 1
		}
	}
	return 0
}

func TestMergeSurvivesKills(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	into, from := store.Open(filepath.Join(dir, "into"), store.Limits{}), store.Open(filepath.Join(dir, "from"), store.Limits{})
	const entries = 400
	for n := range entries {
		put(t, from, keyOf(n), payloadOf(n*37))
	}
	kills, most := 0, 0
	for range 40 {
		cmd := exec.CommandContext(t.Context(), os.Args[0])
		cmd.Env = append(os.Environ(), roleEnv+"=merger", dirEnv+"="+dir)
		cmd.Stderr = os.Stderr
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		_, _ = out.Read(make([]byte, 8)) // it has begun
		<-time.After(rand.N(8 * time.Millisecond))
		if err := cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Fatal(err)
		}
		err = cmd.Wait()
		if exit, ok := errors.AsType[*exec.ExitError](err); ok && exit.ExitCode() > 0 {
			t.Fatal("the merge itself failed")
		}
		if err != nil {
			kills++
		}
		// What is there is whole, and stays.
		good := 0
		for info, err := range into.Verify(t.Context()) {
			if err != nil {
				t.Fatalf("after %d kills: %s: %v", kills, info.Path, err)
			}
			good++
		}
		if good < most {
			t.Fatalf("after %d kills: %d entries, %d before", kills, good, most)
		}
		if most = good; most == entries {
			break
		}
	}
	t.Logf("%d kills, %d of %d entries taken by then", kills, most, entries)
	if kills == 0 {
		t.Error("no kill came in time")
	}
	for _, o := range merge(t, into, from, store.MergeOptions{}) {
		if o.Outcome != store.MergeThere && o.Outcome != store.MergeTaken {
			t.Errorf("%+v", o)
		}
	}
	for n := range entries {
		if e, err := into.Get(function, keyOf(n)); err != nil || !isPayload(e.Payload) {
			t.Errorf("entry %d: %v", n, err)
		}
	}
}
