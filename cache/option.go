package cache

import (
	"fmt"
	"io"
	"time"

	"labbook/cache/persist"
)

// Option shapes how one function is cached.
type Option func(*settings)

type settings struct {
	name      string
	names     []string
	ignored   []string
	version   string
	expires   time.Duration // 0 for never
	valid     func(Entry) bool
	depends   []Dependency
	verbosity *int // nil for that of the Memory
	mapped    bool
	encoding  []persist.Option
	problem   error // the first mistake in an option
}

// check reports what is wrong with the options by themselves.
func (s *settings) check() error { return s.problem }

func (s *settings) mistake(format string, args ...any) {
	if s.problem == nil {
		s.problem = fmt.Errorf(format, args...)
	}
}

// Ignore leaves arguments out of the key, by the names that Names gives them:
// calls that differ in nothing else share a result. It is for what does not
// change the result, such as a log level.
func Ignore(names ...string) Option {
	return func(s *settings) { s.ignored = append(s.ignored, names...) }
}

// Names gives the arguments names, in order, for Ignore and for people. Without
// it they are called arg0, arg1 and so on, by their position among all arguments.
// A variadic argument counts as one; a context.Context gets no name, and none
// must be given for it.
func Names(names ...string) Option {
	return func(s *settings) { s.names = names }
}

// Name is what the function is called in keys and in the lab-book, instead of
// its package path and name. Give one to function literals, whose own names
// change when another literal is added before them.
func Name(name string) Option {
	return func(s *settings) { s.name = name }
}

// Version stands in the key for the function's code, its modules and the Go
// version: results are kept until the version is changed by hand, whatever
// happens to the code. It is for functions that are costly enough to be sure.
func Version(version string) Option {
	return func(s *settings) { s.version = version }
}

// ExpiresAfter makes results count for so long only, from when they were
// computed; then the function runs again and the new result takes their place.
// It is for what depends on the state of the world: a download, a query. An age
// that a clock which was set back makes negative is an age of 0.
func ExpiresAfter(age time.Duration) Option {
	return func(s *settings) {
		if age <= 0 {
			s.mistake("cache.ExpiresAfter(%v): results would never count; want a positive duration", age)
		}
		s.expires = age
	}
}

// ValidIf asks valid about each stored result before it is used; if it says no,
// the function runs again and the new result takes its place. It is called by
// whoever calls the function, possibly at once from many goroutines. A result
// that was just computed is not asked about.
//
//	cache.ValidIf(func(e cache.Entry) bool { return e.Duration > time.Second }) // keep what was costly
func ValidIf(valid func(Entry) bool) Option {
	return func(s *settings) {
		if valid == nil {
			s.mistake("cache.ValidIf(nil): want a function")
		}
		s.valid = valid
	}
}

// DependsOn makes results depend on more than the arguments and the code that
// the function reaches: files, environment variables, other functions. Each
// becomes a part of the key, as it is when the function is called.
//
//	cache.DependsOn(cache.File("model.bin"), cache.Env("TZ"), cache.Code(plugin))
func DependsOn(dependencies ...Dependency) Option {
	return func(s *settings) {
		for _, d := range dependencies {
			if d == nil {
				s.mistake("cache.DependsOn(nil): want a File, an Env or a Code")
				return
			}
		}
		s.depends = append(s.depends, dependencies...)
	}
}

// Verbose sets for one function what Options.Verbose sets for a Memory.
func Verbose(level int) Option {
	return func(s *settings) { s.verbosity = &level }
}

// MMap leaves numeric slices of results where they are stored, in files that
// are mapped into memory: a hit on gigabytes takes microseconds, and what is not
// looked at is never read. It holds for results above 16 KiB that are not
// compressed, and for the first call too, which returns what it has stored. What
// a program writes into such a slice stays its own, as without MMap.
//
// Each hit takes address space, though no memory, until the program ends; where
// the system has no more of it, results are loaded. The stored bytes are not
// verified against their digest, which would read all of them.
func MMap() Option {
	return func(s *settings) { s.mapped = true }
}

// Compress stores results with a codec, which pays where the disk is slow or
// full; they are loaded whatever codec they were stored with. See package
// persist for what the codecs do, and for levels:
//
//	cache.Compress(persist.Zstd, persist.Level(9))
func Compress(codec persist.Codec, options ...persist.Option) Option {
	return func(s *settings) {
		s.encoding = append([]persist.Option{persist.Compress(codec)}, options...)
		if err := persist.EncodeValues(io.Discard, nil, s.encoding...); err != nil {
			s.mistake("cache.Compress: %w", err)
		}
	}
}
