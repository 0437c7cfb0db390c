package cache

import (
	"bytes"
	"testing"

	"labbook/diffargs"
)

func FuzzFileNote(f *testing.F) {
	f.Add([]byte(nil))
	f.Add(encodeFileNote(stamp{1, 2, 3, 4, 5}, diffargs.Sum(nil)))
	f.Fuzz(func(t *testing.T, b []byte) {
		if s, digest, ok := decodeFileNote(b); ok && !bytes.Equal(encodeFileNote(s, digest), b) {
			t.Errorf("%x is read as %v %s", b, s, digest)
		}
	})
}

func FuzzSaveName(f *testing.F) {
	f.Add("")
	f.Add(save{step: 3, digest: diffargs.Sum(nil)}.name())
	f.Fuzz(func(t *testing.T, name string) {
		if s, ok := parseSave(name); ok && s.name() != name {
			t.Errorf("%q is read as %q", name, s.name())
		}
	})
}
