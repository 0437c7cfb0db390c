package misses

import (
	"strings"

	"labbook/diffargs"
	"labbook/runlog/record"
)

// A situation is something that people wonder about.
type situation struct {
	name  string
	story string // what somebody did
	seen  string // where people report it

	// Either the study is run several times, and the last call of the last run
	// is explained, or a package is edited between the runs of its program.
	runs []run
	code *code

	want want
}

// A run is one run of a program, after something was done by hand.
type run struct {
	program program
	byHand  func(p place) error // before it
	does    func()              // in the study
	env     []string
	plain   bool   // without JOBLIB_DEBUG=1
	held    bool   // until all later runs are over: does makes a call of wait
	ends    string // "exit status 0" if ""
}

// A program is one of the executables that situations run.
type program string

const (
	study      program = ""
	newerGo    program = "study, built with a newer Go"
	otherStudy program = "another study"
)

// A place is where a situation happens.
type place struct {
	work    string // folder that programs run in
	cache   string // folder with the stored results
	labbook func(args ...string) error
}

// pair is two runs of the study.
func pair(first, second func()) []run { return []run{{does: first}, {does: second}} }

// plainly is two runs of the study of which no values are stored.
func plainly(first, second func()) []run {
	return []run{{does: first, plain: true}, {does: second, plain: true}}
}

// A want is what a good explanation says.
type want struct {
	reason      record.ReasonKind // "" for a hit, which needs none
	also        []record.ReasonKind
	nearest     int64 // the run of the call that it compares with; 0 if that goes without saying
	differences []difference
}

type difference struct {
	part, path string
	kind       diffargs.Kind
}

// hit is that nothing is computed.
func hit() want { return want{} }

// only is a reason that needs no more words: no part of the key changed.
func only(reason record.ReasonKind) want { return want{reason: reason} }

// argument is that the arguments differ, each in one place. The part is the
// beginning of the path.
func argument(path string, kind diffargs.Kind) want {
	return want{reason: record.ArgumentChanged, differences: []difference{in(path, kind)}}
}

func arguments(differences ...difference) want {
	return want{reason: record.ArgumentChanged, differences: differences}
}

// in is a difference at a path into an argument.
func in(path string, kind diffargs.Kind) difference {
	part := path
	if end := strings.IndexAny(path, ".["); end >= 0 {
		part = path[:end]
	}
	return difference{part: part, path: path, kind: kind}
}

// at is a difference of a part that has no insides.
func at(part string, kind diffargs.Kind) difference {
	return difference{part: part, path: part, kind: kind}
}

// function is a difference in the code of a function, type, variable or
// constant.
func function(name string, kind diffargs.Kind) difference {
	return difference{part: "code", path: "code: " + name, kind: kind}
}

// edited is that the code changed.
func edited(differences ...difference) want {
	return want{reason: record.CodeChanged, differences: differences}
}

// besides adds further causes.
func (w want) besides(reasons ...record.ReasonKind) want {
	w.also = reasons
	return w
}

// comparedWith adds the run of the nearest call.
func (w want) comparedWith(run int64) want {
	w.nearest = run
	return w
}

// Kinds of difference that say more of rows and texts than that they differ.
const (
	float32RoundTrip diffargs.Kind = "float32"
	scaled           diffargs.Kind = "scale"
	offset           diffargs.Kind = "offset"
	shifted          diffargs.Kind = "shift"
	transposed       diffargs.Kind = "transposed"
	byteOrder        diffargs.Kind = "byte-order"
	letterCase       diffargs.Kind = "case"
	whitespace       diffargs.Kind = "whitespace"
)
