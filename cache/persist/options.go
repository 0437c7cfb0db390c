package persist

import "fmt"

// An Option says how a value is stored or loaded. One that the function it is
// given to cannot follow is an [*OptionError].
type Option func(*options)

type options struct {
	codec    Codec
	codecSet bool
	level    int
	levelSet bool
	mode     Mode
	modeSet  bool
	most     int64
	mostSet  bool
	warn     func(error)
}

// Compress stores with a codec, whatever the extension of the file says.
func Compress(c Codec) Option { return func(o *options) { o.codec, o.codecSet = c, true } }

// Level sets how hard a codec tries: from 1, fast, to 22 for Zstd and 9 for the
// others. Without it, numbers are stored at the speed of the disk: Zstd and LZ4
// at level 1, Gzip at 3.
func Level(level int) Option { return func(o *options) { o.level, o.levelSet = level, true } }

// Map leaves numeric slices of 256 bytes or more where they are, in the file,
// which is mapped into memory: they are read when they are used. What cannot be
// mapped is loaded, with a warning: see [Warn].
//
// The mapping of a [Load] lasts as long as the program. [Open] gives one that
// can be closed.
func Map(mode Mode) Option { return func(o *options) { o.mode, o.modeSet = mode, true } }

// MaxSize refuses, with a [*TooLargeError], a stream that is longer once it is
// no longer compressed. Without it, what is loaded is as large as it turns out
// to be, and a compressed file of a kilobyte may well hold some ten megabytes.
func MaxSize(bytes int64) Option { return func(o *options) { o.most, o.mostSet = bytes, true } }

// Warn has f told what was done in another way than asked for, such as a value
// that was loaded and not mapped: a [*NotMappedError]. It is called before the
// function that got the option returns.
func Warn(f func(warning error)) Option { return func(o *options) { o.warn = f } }

// An OptionError is an option that does not exist, or cannot be followed.
type OptionError struct {
	Option  string
	Problem string
}

func (e *OptionError) Error() string { return fmt.Sprintf("option %s: %s", e.Option, e.Problem) }

func collect(opts []Option) options {
	var o options
	for _, opt := range opts {
		opt(&o)
	}
	return o
}

// toStore checks the options of a function that stores. The codec is what the
// options say, else extension.
func toStore(opts []Option, extension Codec) (options, error) {
	o := collect(opts)
	if !o.codecSet {
		o.codec = extension
	}
	switch {
	case o.codec < 0 || int(o.codec) >= len(methods):
		return o, &OptionError{"Compress", fmt.Sprintf("there is no codec %d; take None, Zstd, Gzip or LZ4", int(o.codec))}
	case o.modeSet:
		return o, &OptionError{"Map", "storing maps nothing; Create stores a value and maps it"}
	case o.mostSet:
		return o, &OptionError{"MaxSize", "it limits what is loaded, not what is stored"}
	}
	m := methods[o.codec]
	switch {
	case !o.levelSet:
		o.level = m.level
	case o.codec == None:
		return o, &OptionError{"Level", "nothing is compressed; ask for it with Compress or an extension such as .zst"}
	case o.level < 1 || o.level > m.maxLevel:
		return o, &OptionError{"Level", fmt.Sprintf("%s has the levels 1 to %d, and not %d", o.codec, m.maxLevel, o.level)}
	}
	return o, nil
}

// toLoad checks the options of a function that loads.
func toLoad(opts []Option) (options, error) {
	if len(opts) == 0 {
		return options{}, nil
	}
	o := collect(opts)
	switch {
	case o.codecSet:
		return o, &OptionError{"Compress", "what is loaded says itself how it is compressed"}
	case o.levelSet:
		return o, &OptionError{"Level", "it matters only when a value is stored"}
	case o.modeSet && (o.mode < ReadOnly || o.mode > ReadWrite):
		return o, &OptionError{"Map", fmt.Sprintf("there is no mode %d; take ReadOnly, CopyOnWrite or ReadWrite", int(o.mode))}
	case o.mostSet && o.most <= 0:
		return o, &OptionError{"MaxSize", fmt.Sprintf("%d bytes hold nothing", o.most)}
	}
	return o, nil
}

func (o *options) warning(err error) {
	if o.warn != nil {
		o.warn(err)
	}
}
