package store

import (
	"context"
	"io"
	"iter"

	"github.com/zeebo/blake3"
)

// verifyBuffer is how much of a payload is in memory at once, a core.
const verifyBuffer = 256 << 10

// Verify reads the entries of some functions, of every function if none is
// named, to the last byte, on all cores and in no order. With one that is no
// good comes the error that [Store.Get] would return, and an Info that says
// where it is. However large the entries are, only a few hundred kilobytes of
// each are in memory at once. The end of the context is the last error.
func (s *Store) Verify(ctx context.Context, functions ...string) iter.Seq2[Info, error] {
	return s.VerifyPlaces(ctx, s.Places(functions...))
}

// VerifyPlaces is Verify for the entries at some places.
func (s *Store) VerifyPlaces(ctx context.Context, places iter.Seq2[Place, error]) iter.Seq2[Info, error] {
	return s.look(ctx, places, func() func(*Info) error {
		buffer := make([]byte, verifyBuffer)
		return func(info *Info) error { return info.verify(ctx, nil, buffer) }
	})
}

// VerifyEntry reads an entry to the last byte. The errors are those of
// [Store.Get].
func (s *Store) VerifyEntry(ctx context.Context, function string, key Key) (Info, error) {
	info := s.PlaceOf(function, key).blank()
	err := info.verify(ctx, nil, make([]byte, verifyBuffer))
	return info, err
}

// verify reads the whole file through the buffer, fills info, and copies what it
// reads to sink if that is not nil. An error of the sink is a sinkError.
func (info *Info) verify(ctx context.Context, sink io.Writer, buffer []byte) error {
	file, err := openEntry(info.Path)
	if err != nil {
		return openError(info.Path, err)
	}
	defer file.close()
	var r io.Reader = file
	if sink != nil {
		r = io.TeeReader(file, &sinkWriter{sink})
	}
	if err := info.readStart(file, r, true); err != nil {
		return describe(info.Path, err)
	}
	if err := info.verifyPayload(ctx, r, buffer); err != nil {
		return describe(info.Path, err)
	}
	return nil
}

func (info *Info) verifyPayload(ctx context.Context, r io.Reader, buffer []byte) error {
	hash := blake3.New()
	left := info.PayloadSize
	for left > 0 {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := readUpTo(r, buffer[:min(left, int64(len(buffer)))])
		if err != nil {
			return err
		}
		if n == 0 {
			return problem("the file is cut short")
		}
		_, _ = hash.Write(buffer[:n]) // a hash has no errors
		left -= int64(n)
	}
	switch n, err := readUpTo(r, buffer[:1]); {
	case err != nil:
		return err
	case n > 0:
		return problem("something follows the payload")
	}
	if [32]byte(hash.Sum(nil)) != info.PayloadDigest {
		return problem("the digest of its payload is wrong")
	}
	return nil
}

// A sinkError is that what was read could not be written elsewhere.
type sinkError struct{ error }

func (e *sinkError) Unwrap() error { return e.error }

type sinkWriter struct{ io.Writer }

func (w *sinkWriter) Write(b []byte) (int, error) {
	n, err := w.Writer.Write(b)
	if err != nil {
		err = &sinkError{err}
	}
	return n, err
}
