package codeid

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

func TestBuildIDOf(t *testing.T) {
	t.Parallel()
	content := func(text string) string {
		id, err := buildIDOf(strings.NewReader(text))
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	const id = "lQcZpu30z21DMGgntD_7/_R3amsqxr1Enm0tqiR4U/cxtoi5aMsNF1JgtrDlif/82VfoparkcltcrF-ZABw"
	for _, test := range []struct {
		reason, file, want string
	}{
		{"the linker's mark", "abc\xff Go build ID: \"" + id + "\"\n \xff rest", id},
		{"a mark without end", "abc\xff Go build ID: \"" + id, "content:"},
		{"one that was given by hand", "\xff Go build ID: \"redacted\"\n \xff", "content:"},
		{"another one", "\xff Go build ID: \"a/b/c/d\"\n \xff", "content:"},
		{"an empty mark", "\xff Go build ID: \"\"\n \xff", "content:"},
		{"no mark", "#!/bin/sh\n", "content:"},
		{"nothing", "", "content:"},
		{"a damaged ELF file", "\x7fELF\x02\x01\x01" + strings.Repeat("\xff", 64), "content:"},
	} {
		if got := content(test.file); !strings.HasPrefix(got, test.want) || got == "" {
			t.Errorf("%s: %q, want %q", test.reason, got, test.want)
		}
	}
	if content("one") == content("two") {
		t.Error("two files without a build ID have the same one")
	}
}

// FuzzBuildID reads arbitrary files as executables.
func FuzzBuildID(f *testing.F) {
	f.Add([]byte("\xff Go build ID: \"lQcZpu30z21DMGgntD_7/_R3amsqxr1Enm0tqiR4U/cxtoi5aMsNF1JgtrDlif/82VfoparkcltcrF-ZABw\"\n \xff"))
	f.Add([]byte("\x7fELF\x02\x01\x01\x00"))
	f.Add([]byte("\xcf\xfa\xed\xfe\x07\x00\x00\x01"))
	f.Add([]byte("MZ\x90\x00"))
	f.Fuzz(func(t *testing.T, file []byte) {
		id, err := buildIDOf(bytes.NewReader(file))
		if err != nil || id == "" || len(id) > maxBuildID {
			t.Errorf("build ID %q, error %v", id, err)
		}
	})
}

// TestRunningExecutable looks at the test binary itself, which has instances of
// a generic function and was built a moment ago.
func TestRunningExecutable(t *testing.T) {
	t.Parallel()
	first, err := BuildID()
	if err != nil || first == "" {
		t.Fatalf("build ID %q, %v", first, err)
	}
	if built, err := builtAt(); err != nil || built.After(started) {
		t.Errorf("built at %v, started at %v: %v", built, started, err)
	}
	want := map[string]any{
		"labbook/cache/codeid.instance[int]":                       instance[int],
		"labbook/cache/codeid.instance[labbook/cache/codeid.Kind]": instance[Kind],
	}
	notes := memoryNotes{}
	for name, fn := range want {
		f, err := functionOf(fn)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // from the executable, and from a note
			if got := f.withTypeArguments(notes).symbol; got != name {
				t.Errorf("symbol %q, want %q", got, name)
			}
		}
		if got := f.withTypeArguments(nil).symbol; got != name {
			t.Errorf("without notes: symbol %q, want %q", got, name)
		}
	}
	if len(notes) != 1 {
		t.Errorf("%d notes for the instances of one function", len(notes))
	}
	for _, note := range notes {
		for i := range note {
			damaged := bytes.Clone(note)
			damaged[i] ^= 0x41
			if _, ok := notedInstance(damaged, first, 0); ok {
				t.Error("a damaged note is believed")
			}
		}
		if _, ok := notedInstance(note, "another build", 0); ok {
			t.Error("a note of another build is believed")
		}
	}
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	if module := ModuleDir(); module == "" || !strings.HasPrefix(dir, module) {
		t.Errorf("module folder %q of the test in %q", module, dir)
	}
}

//go:noinline
func instance[T any]() T {
	var zero T
	return zero
}
