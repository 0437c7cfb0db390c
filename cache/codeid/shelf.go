package codeid

import (
	"crypto/rand"
	"maps"
	"path/filepath"
	"slices"
)

// A shelf holds the texts and packages of one note. A function that is noted
// refers to what is on shelves already, and puts the rest on one of its own.
type shelf struct {
	owner    string // symbol of the function that put it there
	id       noteID
	packages []shelvedPackage
	sources  []Source // without Via; see hold

	undecoded  *noteReader // stands before the sources, nil once they are there
	registered bool
}

// A shelvedPackage is a package as it was found.
type shelvedPackage struct {
	path           string
	whole          bool  // reached, and not only looked into: foreign files count
	folder         stamp // zero if it had not settled
	files, foreign []listedFile

	checked, same bool // compared with what is there now
}

func (s *shelf) encode() []byte {
	w := newNoteWriter(textsMagic)
	w.fixed(s.id[:])
	w.number(len(s.packages))
	for i := range s.packages {
		p := &s.packages[i]
		w.text(p.path)
		whole := byte(0)
		if p.whole {
			whole = 1
		}
		w.fixed([]byte{whole})
		w.stamp(p.folder)
		w.files(p.files)
		w.files(p.foreign)
	}
	index := map[string]int{}
	var files []string
	for i := range s.sources {
		file := s.sources[i].File
		if _, known := index[file]; !known && file != "" {
			files = append(files, file)
			index[file] = len(files)
		}
	}
	w.number(len(files))
	for _, file := range files {
		w.text(file)
	}
	w.number(len(s.sources))
	for i := range s.sources {
		source := &s.sources[i]
		w.text(source.Name)
		w.number(index[source.File])
		w.number(source.Line)
		w.text(source.Text)
	}
	return w.finish()
}

func decodeShelf(raw []byte) (*shelf, bool) {
	r := newNoteReader(raw, textsMagic)
	s := &shelf{id: r.id()}
	s.packages = make([]shelvedPackage, r.count(4+stampSize))
	for i := range s.packages {
		p := &s.packages[i]
		p.path = r.text()
		p.whole = r.take(1) == "\x01"
		p.folder = r.stamp()
		p.files, p.foreign = r.files(), r.files()
	}
	s.undecoded = r
	return s, !r.failed
}

// hold decodes the sources, which can wait until packages have been compared, and
// reports whether that worked.
func (s *shelf) hold() bool {
	r := s.undecoded
	if r == nil {
		return true
	}
	files := make([]string, 1+r.count(1))
	for i := range files[1:] {
		files[1+i] = r.text()
	}
	s.sources = make([]Source, r.count(4))
	for i := range s.sources {
		source := &s.sources[i]
		source.Name = r.text()
		file := r.number()
		if file >= len(files) {
			return false
		}
		source.File = files[file]
		source.Line, source.Text = r.number(), r.text()
	}
	if r.done() {
		s.undecoded = nil
	}
	return s.undecoded == nil
}

// A place is where on the shelves something is.
type place struct {
	shelf *shelf
	index int
}

// shelves are those that this process knows.
type shelves struct {
	byOwner  map[string]*shelf
	packages map[packageKey]place
	sources  map[Source]place
}

type packageKey struct {
	path  string
	whole bool
}

func newShelves() *shelves {
	return &shelves{byOwner: map[string]*shelf{}, packages: map[packageKey]place{}, sources: map[Source]place{}}
}

// registerRecalled registers what came from notes, but for what a new shelf will
// take the place of.
func (all *shelves) registerRecalled(own *shelf) {
	delete(all.byOwner, own.owner)
	for _, owner := range slices.Sorted(maps.Keys(all.byOwner)) {
		if s := all.byOwner[owner]; !s.registered && s.hold() {
			all.register(s)
		}
	}
}

// register lets functions that are noted later refer to what is on a shelf.
func (all *shelves) register(s *shelf) {
	s.registered = true
	for i := range s.packages {
		if p := &s.packages[i]; p.same {
			all.packages[packageKey{p.path, p.whole}] = place{s, i}
		}
	}
	for i := range s.sources {
		all.sources[s.sources[i]] = place{s, i}
	}
}

func newShelf(owner string) *shelf {
	s := &shelf{owner: owner}
	_, _ = rand.Read(s.id[:]) // it never fails
	return s
}

// shelve describes a package that was read.
func (p *program) shelve(pkg *sourcePackage, whole bool) shelvedPackage {
	shelved := shelvedPackage{path: pkg.path, whole: whole, files: pkg.listed, checked: true, same: true}
	if p.settled([]listedFile{{state: pkg.folder}}) {
		shelved.folder = pkg.folder.stamp
	}
	if whole {
		for i := range pkg.links.foreign {
			file := &pkg.links.foreign[i]
			shelved.foreign = append(shelved.foreign, listedFile{name: file.source.File, state: file.state})
		}
	}
	return shelved
}

// compare reports whether a package is as it was, and not newer than the
// executable.
func (p *program) compare(s *shelvedPackage) bool {
	module, _ := p.modules.owner(s.path)
	if module != nil && (module.problem != nil || p.checkFile(module.dir, module.changed) != nil) || module == nil && s.path != "main" {
		return false
	}
	pkg, files := p.placeOf(s.path, module)
	// Whatever comes into a folder or goes changes its stamp; but much else does
	// too, which is why the names are compared then.
	if now := statedNow(pkg.dir).stamp; now.changed == 0 || now != s.folder {
		names, foreign, err := pkg.list(&p.build, files)
		if err != nil || !slices.EqualFunc(s.files, names, isCalled) || s.whole && !slices.EqualFunc(s.foreign, foreign, isCalled) {
			return false
		}
	}
	for i := range s.files {
		if !p.isSameFile(filepath.Join(pkg.dir, s.files[i].name), &s.files[i]) {
			return false
		}
	}
	for i := range s.foreign {
		if !p.isSameFile(s.foreign[i].name, &s.foreign[i]) {
			return false
		}
	}
	return true
}

func isCalled(f listedFile, name string) bool { return f.name == name }
