package cache

import (
	"errors"
	"fmt"
	"io/fs"
	"os"

	"labbook/cache/codeid"
	"labbook/diffargs"
	"labbook/runlog"
	"labbook/runlog/display"
	"labbook/runlog/record"
)

// A Dependency is something outside a function's arguments and code that its
// results depend on: a [File], an [Env] or a [Code].
type Dependency interface {
	part(f *function) (part, error)
}

// Env is an environment variable that a function reads. A variable that is not
// set differs from one that is empty. Lab-books show its value, unless its name
// looks like that of a secret.
func Env(name string) Dependency { return environment(name) }

type environment string

func (e environment) part(*function) (part, error) {
	if e == "" {
		return part{}, fmt.Errorf("cache.Env(%q): a variable has a name", string(e))
	}
	name := "$" + string(e)
	return part{kind: record.PartDependency, name: name, head: partHead(record.PartDependency, name), read: e.read}, nil
}

func (e environment) read() (diffargs.Digest, string) {
	value, set := os.LookupEnv(string(e))
	if !set {
		return diffargs.Digest{}, "not set"
	}
	return diffargs.Sum([]byte(value)), runlog.ShownVariable(string(e), value)
}

// part makes a File a Dependency, by its content. A file that is not there is a
// state like others: results computed without it count until it appears.
func (f File) part(of *function) (part, error) {
	if f == "" {
		return part{}, errors.New(`cache.DependsOn(cache.File("")): a file has a name`)
	}
	name := string(f)
	return part{kind: record.PartDependency, name: name, head: partHead(record.PartDependency, name), read: func() (diffargs.Digest, string) {
		entries, _ := of.memory.entries() // without a store there are no notes
		if entries == nil {
			return f.read(nil)
		}
		return f.read(entries)
	}}, nil
}

func (f File) read(notes noteKeeper) (diffargs.Digest, string) {
	c, err := f.content(notes)
	if err == nil {
		return c.digest, display.Bytes(c.stamp.size)
	}
	// What cannot be read is told apart by what is wrong with it.
	shown := "does not exist"
	if !errors.Is(err, fs.ErrNotExist) {
		shown = err.Error()
	}
	return diffargs.Sum([]byte("no file: " + shown)), shown
}

// Code is the code of another function, and of all that it calls, that a
// function depends on without calling it in its source: one that it finds in a
// table, or through an interface whose methods have other names, or in
// assembly. A literal that captures variables is refused, as by Wrap.
func Code(fn any) Dependency { return code{fn} }

type code struct{ fn any }

func (c code) part(*function) (part, error) {
	if err := codeid.Check(c.fn); err != nil {
		return part{}, fmt.Errorf("cache.Code: %w", err)
	}
	id := codeid.Of(c.fn)
	p := constantPart(record.PartDependency, id.Name, "")
	p.digest, p.text = id.Code, id.Describe()
	return p, nil
}
