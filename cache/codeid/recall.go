package codeid

import (
	"encoding/binary"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"labbook/diffargs"
)

// Notes keep what was found for other processes: a few bytes for a key, which
// may be lost at any time. They are only read and written when a function is
// first identified.
type Notes interface {
	Note(key [32]byte) ([]byte, error)
	PutNote(key [32]byte, content []byte) error
}

// A functionNote is the identity of a function with what it was found from. It
// is of use as long as all of that is as it was.
type functionNote struct {
	context diffargs.Digest
	built   builtPlace
	found   string // the file that it was found in

	code    diffargs.Digest
	file    string
	line    int
	modules []Module

	from    evidence
	shelves []usedShelf
	sources []notedSource
}

// A builtPlace is where the executable has a function.
type builtPlace struct {
	file string
	line int
}

type usedShelf struct {
	owner    string
	id       noteID
	packages []int

	shelf *shelf
}

type notedSource struct{ shelf, index, via int }

func (n *functionNote) encode() []byte {
	w := newNoteWriter(functionMagic)
	w.fixed(n.context[:])
	w.text(n.built.file)
	w.number(n.built.line)
	w.text(n.found)
	w.fixed(n.code[:])
	w.text(n.file)
	w.number(n.line)
	w.number(len(n.modules))
	for _, m := range n.modules {
		w.text(m.Path)
		w.text(m.Version)
	}
	w.number(len(n.from.trees))
	for i := range n.from.trees {
		t := &n.from.trees[i]
		w.text(t.dir)
		w.text(t.pattern)
		w.files(t.files)
	}
	w.files(n.from.files)
	w.number(len(n.shelves))
	for i := range n.shelves {
		s := &n.shelves[i]
		w.text(s.owner)
		w.fixed(s.id[:])
		w.number(len(s.packages))
		for _, index := range s.packages {
			w.number(index)
		}
	}
	w.number(len(n.sources))
	for _, s := range n.sources {
		w.number(s.shelf)
		w.number(s.index)
		w.number(s.via)
	}
	return w.finish()
}

func decodeFunctionNote(raw []byte) (*functionNote, bool) {
	r := newNoteReader(raw, functionMagic)
	n := &functionNote{context: r.digest(), built: builtPlace{file: r.text(), line: r.number()}, found: r.text()}
	n.code, n.file, n.line = r.digest(), r.text(), r.number()
	n.modules = make([]Module, r.count(2))
	for i := range n.modules {
		n.modules[i] = Module{Path: r.text(), Version: r.text()}
	}
	n.from.trees = make([]tree, r.count(3))
	for i := range n.from.trees {
		n.from.trees[i] = tree{dir: r.text(), pattern: r.text(), files: r.files()}
	}
	n.from.files = r.files()
	n.shelves = make([]usedShelf, r.count(2+len(noteID{})))
	for i := range n.shelves {
		s := &n.shelves[i]
		s.owner, s.id = r.text(), r.id()
		s.packages = make([]int, r.count(1))
		for j := range s.packages {
			s.packages[j] = r.number()
		}
	}
	n.sources = make([]notedSource, r.count(3))
	for i := range n.sources {
		n.sources[i] = notedSource{shelf: r.number(), index: r.number(), via: r.number()}
	}
	return n, r.done()
}

// noteKey is where the note of a function is, and that of the texts it brought:
// the same in all builds of the program, so that new notes replace old ones.
func (p *program) noteKey(kind, symbol string) [32]byte {
	b := appendText(nil, "labbook "+kind)
	for _, text := range []string{p.moduleDir, p.mainDir, p.mainPath, p.tested, p.build.describe(), symbol} {
		b = appendText(b, text)
	}
	return diffargs.Sum(b)
}

func (c *buildContext) describe() string {
	var set []string
	for _, tag := range slices.Sorted(maps.Keys(c.tags)) {
		set = append(set, fmt.Sprintf("%s=%v", tag, c.tags[tag]))
	}
	return strings.Join(set, ",")
}

// contextDigest covers what identities depend on besides what notes name.
func (p *program) contextDigest() diffargs.Digest {
	b := []byte(codeMagic)
	b = binary.AppendUvarint(b, uint64(p.build.minor))
	texts := []string{runtime.Version(), p.linked, p.godebug, p.problem, p.modules.cache}
	for i := range p.modules.local {
		m := &p.modules.local[i]
		problem := ""
		if m.problem != nil {
			problem = m.problem.Error()
		}
		texts = append(texts, "local", m.path, m.dir, m.language, problem)
	}
	for _, m := range p.modules.other {
		texts = append(texts, "other", m.Path, versionOf(m))
		if m.Replace != nil {
			texts = append(texts, "replaced", m.Replace.Path, m.Replace.Version)
		}
		for _, folder := range p.modules.vendored {
			if dir := filepath.Join(folder, filepath.FromSlash(m.Path)); isFolder(folder) && isFolder(dir) {
				texts = append(texts, "vendored", dir)
			}
		}
	}
	for _, text := range texts {
		b = appendText(b, text)
	}
	return diffargs.Sum(b)
}

// recall fills in what a note says of f, if that still holds.
func (p *program) recall(id *Identity, f *function, notes Notes) bool {
	if p.problem != "" || f.isGeneric() {
		return false
	}
	raw, err := notes.Note(p.noteKey("function", f.symbol))
	if err != nil {
		return false
	}
	n, ok := decodeFunctionNote(raw)
	if !ok || n.context != p.context() || n.built != f.place() || f.builtFrom(n.found) != nil || !p.holds(&n.from) {
		return false
	}
	for i := range n.shelves {
		if !p.take(&n.shelves[i], notes) {
			return false
		}
	}
	compared := make(chan bool, 1)
	go func() { compared <- p.areSame(n.shelves) }()
	sources, ok := n.recalledSources() // meanwhile
	if same := <-compared; !same || !ok {
		return false
	}
	id.Kind, id.Code, id.File, id.Line, id.Modules, id.Sources = FromSource, n.code, n.file, n.line, n.modules, sources
	if len(n.modules) == 0 {
		id.Modules = nil
	}
	return true
}

func (f *function) place() builtPlace { return builtPlace{file: f.file, line: f.line} }

// holds reports whether trees and files are as they were. Trees must not be
// newer than the executable.
func (p *program) holds(from *evidence) bool {
	for i := range from.trees {
		t := &from.trees[i]
		paths, err := t.list()
		if err != nil || len(paths) != len(t.files) {
			return false
		}
		for i, path := range paths {
			if path != t.files[i].name || !p.isSameFile(t.path(path), &t.files[i]) {
				return false
			}
		}
	}
	return !slices.ContainsFunc(from.files, func(f listedFile) bool { return statedNow(f.name).stamp != f.state.stamp })
}

// isSameFile reports whether a file is as it was, and not newer than the
// executable.
func (p *program) isSameFile(path string, was *listedFile) bool {
	info, err := os.Stat(path)
	return err == nil && isUnchanged(info, was) && p.checkFile(path, changedAt(info)) == nil
}

func isUnchanged(info fs.FileInfo, was *listedFile) bool {
	s := stampOf(info)
	return s.changed != 0 && s == was.state.stamp
}

// take finds the shelf that a note refers to.
func (p *program) take(used *usedShelf, notes Notes) bool {
	s := p.shelves.byOwner[used.owner]
	if s == nil {
		raw, err := notes.Note(p.noteKey("texts", used.owner))
		if err != nil {
			return false
		}
		var ok bool
		if s, ok = decodeShelf(raw); !ok {
			return false
		}
		s.owner = used.owner
		p.shelves.byOwner[used.owner] = s
	}
	used.shelf = s
	return s.id == used.id && !slices.ContainsFunc(used.packages, func(index int) bool { return index >= len(s.packages) })
}

// areSame compares the packages that shelves hold with what is there now, each
// once in a process.
func (p *program) areSame(used []usedShelf) bool {
	same := true
	unchecked := map[*shelvedPackage]bool{}
	for i := range used {
		for _, index := range used[i].packages {
			s := &used[i].shelf.packages[index]
			if same = same && (!s.checked || s.same); !s.checked {
				unchecked[s] = true
			}
		}
	}
	if !same {
		return false
	}
	packages := slices.Collect(maps.Keys(unchecked))
	inParallel(len(packages), func(i int) { packages[i].same = p.compare(packages[i]) })
	for _, s := range packages {
		s.checked = true
		same = same && s.same
	}
	return same
}

func (n *functionNote) recalledSources() ([]Source, bool) {
	for i := range n.shelves {
		if !n.shelves[i].shelf.hold() {
			return nil, false
		}
	}
	sources := make([]Source, len(n.sources))
	for i, s := range n.sources {
		if s.shelf >= len(n.shelves) || s.via > len(sources) {
			return nil, false
		}
		held := n.shelves[s.shelf].shelf.sources
		if s.index >= len(held) {
			return nil, false
		}
		sources[i] = held[s.index]
	}
	for i, s := range n.sources {
		if s.via > 0 {
			sources[i].Via = sources[s.via-1].Name
		}
	}
	return sources, true
}

// keep notes what was found of f. If that fails, other processes read the source
// themselves: no reason to bother anybody.
func (p *program) keep(id *Identity, f *function, r *reach, from *evidence, found string, notes Notes) {
	n := &functionNote{
		context: p.context(), built: f.place(), found: found,
		code: id.Code, file: id.File, line: id.Line, modules: id.Modules, from: *from,
	}
	for _, d := range r.order {
		n.from.trees = append(n.from.trees, d.links.trees...)
	}
	own := newShelf(f.symbol)
	p.shelves.registerRecalled(own)
	uses := map[*shelf]int{}
	use := func(at place) int {
		i, known := uses[at.shelf]
		if !known {
			i = len(n.shelves)
			uses[at.shelf] = i
			n.shelves = append(n.shelves, usedShelf{owner: at.shelf.owner, id: at.shelf.id, shelf: at.shelf})
		}
		return i
	}
	consulted := r.consulted()
	for _, pkg := range slices.SortedFunc(maps.Keys(consulted), func(a, b *sourcePackage) int { return strings.Compare(a.path, b.path) }) {
		whole := consulted[pkg]
		at, known := p.shelves.packages[packageKey{pkg.path, whole}]
		if !known {
			shelved := p.shelve(pkg, whole)
			if !p.settled(shelved.files) || !p.settled(shelved.foreign) {
				return // the next process will see
			}
			at = place{own, len(own.packages)}
			own.packages = append(own.packages, shelved)
		}
		i := use(at)
		n.shelves[i].packages = append(n.shelves[i].packages, at.index)
	}
	position := make(map[string]int, len(id.Sources))
	for i := range id.Sources {
		if _, known := position[id.Sources[i].Name]; !known {
			position[id.Sources[i].Name] = i + 1
		}
	}
	n.sources = make([]notedSource, len(id.Sources))
	for i := range id.Sources {
		source := id.Sources[i]
		via := position[source.Via]
		source.Via = ""
		at, known := p.shelves.sources[source]
		if !known {
			at = place{own, len(own.sources)}
			own.sources = append(own.sources, source)
		}
		n.sources[i] = notedSource{shelf: use(at), index: at.index, via: via}
	}
	if !p.settled(n.from.files) || slices.ContainsFunc(n.from.trees, func(t tree) bool { return !p.settled(t.files) }) {
		return
	}
	if _, used := uses[own]; used {
		if notes.PutNote(p.noteKey("texts", own.owner), own.encode()) != nil {
			return // as said above
		}
		p.shelves.byOwner[own.owner] = own
		p.shelves.register(own)
	}
	_ = notes.PutNote(p.noteKey("function", f.symbol), n.encode()) // as said above
}

// consulted returns the packages that were looked into, and whether they were
// reached.
func (r *reach) consulted() map[*sourcePackage]bool {
	packages := map[*sourcePackage]bool{}
	look := func(l *links) {
		for _, pkg := range l.loaded {
			if _, reached := r.packages[pkg]; !reached {
				packages[pkg] = false
			}
		}
	}
	for _, d := range r.order {
		look(d.links)
	}
	for pkg := range r.packages {
		packages[pkg] = true
		look(&pkg.links.links)
	}
	return packages
}
