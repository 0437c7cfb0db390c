package store

import (
	"strings"
	"testing"
)

func TestFolderName(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ reason, function, want string }{
		{"as design shows it", "labbook/tests/programs/digits.trainModel", "labbook+tests+programs+digits.train!model"},
		{"case", "a.F", "a.!f"},
		{"a method of a generic type", "x.(*T[...]).M", "x.(%2a!t[...]).!m"},
		{"what stands for something else", "a+b!c%d~e", "a%2bb%21c%25d%7ee"},
		{"letters of the world", "p.π", "p.%cf%80"},
		{"no bytes of text", "p.\xff\x00", "p.%ff%00"},
		{"no name", "", "%"},
		{"parents", "../..", "%2e.+.%2e"},
		{"hidden", ".git", "%2egit"},
		{"an option", "-rf", "%2drf"},
		{"a dot at the end", "a.", "a%2e"},
		{"a dot", ".", "%2e"},
		{"a device", "con.F", "%63on.!f"},
		{"a numbered one", "com1.F", "%63om1.!f"},
		{"no device", "com.F", "com.!f"},
		{"none either", "console.F", "console.!f"},
	} {
		t.Run(test.reason, func(t *testing.T) {
			t.Parallel()
			got := folderName(test.function)
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
			if back, err := functionName(got); err != nil || back != test.function {
				t.Errorf("back to %q, %v", back, err)
			}
		})
	}
}

func TestLongFolderNames(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for n := 100; n < 300; n++ {
		function := strings.Repeat("x", n) + ".Train"
		name := folderName(function)
		if len(name) > maxFolderName {
			t.Errorf("%d bytes: %s", len(name), name)
		}
		if names[name] {
			t.Errorf("%s twice", name)
		}
		names[name] = true
		if n > 150 && !strings.Contains(name, ".!train~") {
			t.Errorf("%s does not show the function", name)
		}
	}
}

func FuzzFolderName(f *testing.F) {
	for _, seed := range []string{"", "a.B", "..", "con", strings.Repeat("A", 100), "a~b", "%", "!"} {
		f.Add(seed, seed+"x")
	}
	f.Fuzz(func(t *testing.T, a, b string) {
		x, y := folderName(a), folderName(b)
		if (a == b) != strings.EqualFold(x, y) {
			t.Fatalf("%q is %q, %q is %q", a, x, b, y)
		}
		if len(x) > maxFolderName || len(x) == 0 || strings.ContainsAny(x, "/\\:*?\"<>|\x00 ") || strings.ToLower(x) != x || strings.Trim(x, ".") != x {
			t.Fatalf("%q is %q", a, x)
		}
		if back, err := functionName(x); err != nil || back != a && back != "" {
			t.Fatalf("%q is %q, and back %q, %v", a, x, back, err)
		}
		if name, err := functionName(a); err == nil && name != "" && folderName(name) != a {
			t.Fatalf("folder %q is of %q, whose folder is %q", a, name, folderName(name))
		}
	})
}
