package diffargs

import (
	"encoding/hex"
	"fmt"
)

// Digest identifies a value: equal digests mean equal values of one type. The
// zero Digest is the digest of nothing.
type Digest [32]byte

// ParseDigest reads the 64 hexadecimal digits that String writes.
func ParseDigest(text string) (Digest, error) {
	var d Digest
	if len(text) != hex.EncodedLen(len(d)) {
		return Digest{}, fmt.Errorf("parse digest %.80q: want %d hexadecimal digits, got %d characters",
			text, hex.EncodedLen(len(d)), len(text))
	}
	if _, err := hex.Decode(d[:], []byte(text)); err != nil {
		return Digest{}, fmt.Errorf("parse digest %q: %w", text, err)
	}
	return d, nil
}

// IsZero reports whether d is the zero Digest.
func (d Digest) IsZero() bool { return d == Digest{} }

// String returns d as 64 hexadecimal digits.
func (d Digest) String() string { return hex.EncodeToString(d[:]) }

// Short returns the first 12 hexadecimal digits, enough for a person to tell
// digests apart. It is no key.
func (d Digest) Short() string { return hex.EncodeToString(d[:6]) }

// AppendText appends what String returns to b.
func (d Digest) AppendText(b []byte) ([]byte, error) { return hex.AppendEncode(b, d[:]), nil }

// MarshalText writes d as String does.
func (d Digest) MarshalText() ([]byte, error) { return d.AppendText(nil) }

// UnmarshalText reads what MarshalText wrote.
func (d *Digest) UnmarshalText(text []byte) error {
	parsed, err := ParseDigest(string(text))
	if err == nil {
		*d = parsed
	}
	return err
}
