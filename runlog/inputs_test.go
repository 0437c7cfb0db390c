package runlog

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"labbook/runlog/event"
)

// sparse makes files of such sizes, which take no room, named a, b, c…
func sparse(t *testing.T, sizes ...int64) (files []givenFile) {
	t.Helper()
	var args []string
	for i, size := range sizes {
		path := filepath.Join(t.TempDir(), string(rune('a'+i)))
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
		if strings.HasPrefix(f.path, os.TempDir()) { // not the input of the test
			files = append(files, f)
		}
	}
	return files
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
	files := sparse(t, 1, 2, 3)
	synctest.Test(t, func(t *testing.T) {
		var events []event.Event
		r := inputReader{
			files: files, emit: func(e event.Event) { events = append(events, e) },
			digest: func(ctx context.Context, f *givenFile) string {
				if f.before.Size() > 1 {
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
