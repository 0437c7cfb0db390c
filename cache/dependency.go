package cache

import (
	"fmt"
	"os"

	"labbook/cache/codeid"
	"labbook/diffargs"
	"labbook/runlog"
	"labbook/runlog/record"
)

// A Dependency is something outside a function's arguments and code that its
// results depend on: a [File], an [Env] or a [Code].
type Dependency interface {
	part() (part, error)
}

// Env is an environment variable that a function reads. A variable that is not
// set differs from one that is empty. Lab-books show its value, unless its name
// looks like that of a secret.
func Env(name string) Dependency { return environment(name) }

type environment string

func (e environment) part() (part, error) {
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

// Code is the code of another function, and of all that it calls, that a
// function depends on without calling it in its source: one that it finds in a
// table, or through an interface whose methods have other names, or in
// assembly. A literal that captures variables is refused, as by Wrap.
func Code(fn any) Dependency { return code{fn} }

type code struct{ fn any }

func (c code) part() (part, error) {
	if err := codeid.Check(c.fn); err != nil {
		return part{}, fmt.Errorf("cache.Code: %w", err)
	}
	id := codeid.Of(c.fn)
	p := constantPart(record.PartDependency, id.Name, "")
	p.digest, p.text = id.Code, id.Describe()
	return p, nil
}
