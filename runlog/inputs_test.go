package runlog

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"labbook/runlog/event"
)

// sparse makes files of such sizes, which take no room, named a, b, c and so on.
func sparse(t *testing.T, sizes ...int64) (files []givenFile) {
	t.Helper()
	var args []string
	dir := t.TempDir()
	for i, size := range sizes {
		path := filepath.Join(dir, string(rune('a'+i)))
		file, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := file.Truncate(size); err != nil {
			t.Fatal(err)
		}
		if err := file.Close(); err != nil {
			t.Fatal(err)
		}
		args = append(args, path)
	}
	for _, f := range givenFiles(args) {
		if filepath.Dir(f.path) == dir { // not the input of the test
			f.before = changedAt{f.before, time.Unix(0, 0)}
			files = append(files, f)
		}
	}
	return files
}

// waitForTick has the next change of a file show.
func waitForTick(t *testing.T, path string) {
	t.Helper()
	for {
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if time.Since(changeTime(info)) >= tick {
			return
		}
		<-time.After(time.Millisecond)
	}
}

// recordedInputs returns what is on record in the end, by the names of the files.
func recordedInputs(events []event.Event) map[string]string {
	digests := map[string]string{}
	for _, e := range events {
		input := e.(*event.Input)
		digests[filepath.Base(input.Path)] = input.Digest
	}
	return digests
}

func TestInputsAreNotWaitedForLong(t *testing.T) {
	t.Parallel()
	files := sparse(t, 1, mostBefore+1, mostBefore+2)
	synctest.Test(t, func(t *testing.T) {
		var events []event.Event
		r := inputReader{
			files: files, emit: func(e event.Event) { events = append(events, e) },
			digest: func(ctx context.Context, f *givenFile) string {
				if f.before.Size() > mostBefore {
					<-ctx.Done() // a large file, or a slow disk
					return ""
				}
				return "first"
			},
		}
		r.start()
		synctest.Wait()
		begun := time.Now()
		r.finish()
		if waited := time.Since(begun); waited != inputPatience {
			t.Errorf("the end waited for %v, want %v", waited, inputPatience)
		}
		<-r.done
		if diff := cmp.Diff(map[string]string{"a": "first", "b": "", "c": ""}, recordedInputs(events)); diff != "" {
			t.Errorf("want -, got +:\n%s", diff)
		}
	})
}

func TestHowMuchOfInputsIsRead(t *testing.T) {
	t.Parallel()
	var events []event.Event
	r := inputReader{
		files: sparse(t, mostDigested+1, mostDigested, mostDigested, mostDigested, mostDigested-1, 2, 1),
		emit:  func(e event.Event) { events = append(events, e) },
		digest: func(context.Context, *givenFile) string {
			return "read"
		},
	}
	r.start()
	<-r.done
	r.finish()
	want := map[string]string{"a": "", "b": "read", "c": "read", "d": "read", "e": "read", "f": "", "g": "read"}
	if diff := cmp.Diff(want, recordedInputs(events)); diff != "" {
		t.Errorf("want -, got +:\n%s", diff)
	}
}

func TestSmallInputsAreReadBeforeTheProgramStarts(t *testing.T) {
	t.Parallel()
	files := sparse(t, mostBefore-1, 2, 1, mostBefore)
	synctest.Test(t, func(t *testing.T) {
		var events []event.Event
		r := inputReader{
			files: files, emit: func(e event.Event) { events = append(events, e) },
			digest: func(ctx context.Context, f *givenFile) string {
				switch f.before.Size() {
				case 1, mostBefore - 1:
					return "read"
				}
				<-ctx.Done()
				return ""
			},
		}
		begun := time.Now()
		r.start()
		if waited := time.Since(begun); waited != 0 {
			t.Errorf("the program was held up for %v by what is not small", waited)
		}
		if diff := cmp.Diff(map[string]string{"a": "read", "b": "", "c": "read", "d": ""}, recordedInputs(events)); diff != "" {
			t.Errorf("want -, got +:\n%s", diff)
		}
		r.stop()
		<-r.done
	})
}

func TestTheProgramIsNotHeldUpByASlowDisk(t *testing.T) {
	t.Parallel()
	files := sparse(t, 1)
	synctest.Test(t, func(t *testing.T) {
		r := inputReader{files: files, emit: func(event.Event) {}, digest: func(ctx context.Context, _ *givenFile) string {
			<-ctx.Done()
			return ""
		}}
		begun := time.Now()
		r.start()
		if waited := time.Since(begun); waited != beforePatience {
			t.Errorf("the program was held up for %v, want %v", waited, beforePatience)
		}
		r.stop()
		<-r.done
	})
}

// The digest is of what the program read, or there is none.
func TestChangedInputsHaveNoDigest(t *testing.T) {
	t.Parallel()
	for reason, change := range map[string]func(path string) error{
		"it has other content of the same size and time": func(path string) error {
			info, err := os.Stat(path)
			if err != nil {
				return err
			}
			if err := os.WriteFile(path, []byte("after!"), 0o600); err != nil {
				return err
			}
			return os.Chtimes(path, info.ModTime(), info.ModTime())
		},
		"it has another size": func(path string) error { return os.WriteFile(path, []byte("after"), 0o600) },
		"it is another file": func(path string) error {
			return errors.Join(os.WriteFile(path+"~", []byte("after!"), 0o600), os.Rename(path+"~", path))
		},
		"it is gone": os.Remove,
		"":           func(string) error { return nil },
	} {
		t.Run(reason, func(t *testing.T) {
			t.Parallel()
			if runtime.GOOS != "linux" && runtime.GOOS != "darwin" && strings.HasSuffix(reason, "time") {
				t.Skip("this system does not say when a file was changed")
			}
			path := filepath.Join(t.TempDir(), "file")
			if err := os.WriteFile(path, []byte("before"), 0o600); err != nil {
				t.Fatal(err)
			}
			waitForTick(t, path)
			files := givenFiles([]string{path})
			f := &files[len(files)-1]
			if err := change(path); err != nil {
				t.Fatal(err)
			}
			if digest := contentOf(t.Context(), f); (digest != "") != (reason == "") {
				t.Errorf("the digest is %q", digest)
			}
		})
	}
}

func TestInputsThatHaveJustChanged(t *testing.T) {
	t.Parallel()
	files := sparse(t, 1, mostBefore+1)
	now := time.Now().Add(time.Minute) // as if both had just been changed, however slow the test is
	for i := range files {
		files[i].before = changedAt{files[i].before, now}
	}
	r := inputReader{files: files}
	small, large := r.order()
	if len(small) != 1 || len(large) != 0 {
		t.Errorf("%d are read before the program starts, %d beside it; want 1 and 0", len(small), len(large))
	}
}

// changedAt is a file that was changed last at that moment.
type changedAt struct {
	os.FileInfo

	at time.Time
}

func (f changedAt) ModTime() time.Time { return f.at }
func (changedAt) Sys() any             { return nil }
