package persist

import (
	"errors"
	"fmt"
	"io"

	"labbook/cache/mapfile"
)

// A Mode is what may be done with arrays that are mapped.
type Mode int

const (
	// ReadOnly arrays must not be written: the program would end at once, as
	// with a constant. All who map the file share its memory.
	ReadOnly Mode = iota + 1
	// CopyOnWrite arrays may be written; what is written stays in this program
	// and never reaches the file. Memory is taken only for what is written.
	CopyOnWrite
	// ReadWrite arrays are the file: what is written reaches it, and everybody
	// who maps it, in no order that a power failure would respect. The lengths
	// of slices, and whatever else is no array, are read once.
	ReadWrite
)

// mapSize is the size from which on arrays are aligned in a stream, and stay in
// a mapping.
const mapSize = longArray

func (m Mode) forMapping() mapfile.Mode {
	switch m {
	case CopyOnWrite:
		return mapfile.Private
	case ReadWrite:
		return mapfile.Shared
	default:
		return mapfile.ReadOnly
	}
}

// A Mapped is a value, the arrays of which are in a mapped file.
type Mapped[T any] struct {
	Value   T
	Warning error // why not, or not in all, if so: a *NotMappedError

	mapping *mapfile.Mapping
}

// Close takes the mapping back: the arrays of the value, and all slices of
// them, must not be used afterwards, or the program ends. Value is zero then.
// Closing again does nothing.
func (m *Mapped[T]) Close() error {
	var zero T
	m.Value = zero
	if m.mapping == nil {
		return nil
	}
	mapping := m.mapping
	m.mapping = nil
	return mapping.Unmap()
}

// Open maps the file at path and reads what it holds: joblib's modes r, c and
// r+. The value has to be closed, unless it is needed as long as the program
// runs.
//
// A file that is cut short while it is mapped ends the program that uses what
// is gone. [Dump] never does that: it replaces a file, and who has mapped the
// old one keeps it.
func Open[T any](path string, mode Mode, opts ...Option) (*Mapped[T], error) {
	m := &Mapped[T]{}
	o, err := toLoad(append([]Option{Map(mode)}, opts...))
	if err == nil {
		warn := o.warn
		o.warn = func(err error) {
			m.Warning = err
			if warn != nil {
				warn(err)
			}
		}
		m.mapping, err = o.mapPath(path, &m.Value)
	}
	if err != nil {
		return nil, fmt.Errorf("map %T from %s: %w", m.Value, path, err)
	}
	return m, nil
}

// Create stores v in a file, new or replaced, and opens that in the mode
// ReadWrite: joblib's mode w+. A program makes an array of the size that it
// needs, and fills what the file gives back. Compressed files cannot be written
// to in this way: that is an [*OptionError].
func Create[T any](path string, v T, opts ...Option) (*Mapped[T], error) {
	o, err := toStore(opts, codecOfPath(path))
	if err == nil && o.codec != None {
		err = &OptionError{"Compress", "what is compressed cannot be mapped; take another extension, or Compress(None)"}
	}
	if err != nil {
		return nil, fmt.Errorf("create %T in %s: %w", v, path, err)
	}
	if err := Dump(path, v, opts...); err != nil {
		return nil, err
	}
	return Open[T](path, ReadWrite, Warn(o.warning))
}

// mapPath reads the file at path into the variable that into points to. There
// is no mapping if it had to be loaded.
func (o *options) mapPath(path string, into any) (*mapfile.Mapping, error) {
	codec, copied := None, 0
	mapping, err := mapfile.OpenAndUse(path, o.mode.forMapping(), func(m *mapfile.Mapping, file io.ReaderAt) error {
		if o.most > 0 && int64(len(m.Bytes())) > o.most {
			return &TooLargeError{Limit: o.most}
		}
		d := &decoder{keep: mapSize, input: newMappedInput(file, m.Bytes())}
		defer d.mapped.close()
		d.fill(sniffSize) // or as much as there is
		if codec = codecOfStream(d.data); codec != None {
			return nil
		}
		// Arrays that are copied, and they alone, are read from the mapping.
		err := mapfile.Guard(func() error { return decodeRoot(d, into) })
		copied = d.copied
		return err
	})
	switch {
	case errors.Is(err, errors.ErrUnsupported):
		o.warning(&NotMappedError{path, "this system maps no files"})
		return nil, o.loadPath(path, into)
	case err != nil:
		return nil, err
	case codec != None:
		o.warning(&NotMappedError{path, "it is compressed with " + codec.String()})
		return nil, errors.Join(mapping.Unmap(), o.loadPath(path, into))
	case copied > 0:
		o.warning(&NotMappedError{path, fmt.Sprintf("%d of its arrays are in another byte order or not aligned, or shuffled", copied)})
	}
	return mapping, nil
}
