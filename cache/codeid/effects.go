package codeid

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"labbook/diffargs"
)

// packageLinks are what comes with a package as a whole: its files in other
// languages, and what it imports for its effects alone.
type packageLinks struct {
	links

	packages []*sourcePackage
	foreign  []foreignFile
}

// A foreignFile is an assembly or C file of a reached package.
type foreignFile struct {
	source  Source // without Via, and without Text if it is not text
	content diffargs.Digest
}

func (p *program) linksOfPackage(pkg *sourcePackage) (*packageLinks, error) {
	if pkg.links == nil && pkg.problem == nil {
		l := &packageLinks{}
		if pkg.problem = p.resolvePackage(pkg, l); pkg.problem == nil {
			pkg.links = l
		}
	}
	return pkg.links, pkg.problem
}

func (p *program) resolvePackage(pkg *sourcePackage, l *packageLinks) error {
	for _, path := range pkg.foreign {
		data, changed, err := readBounded(path, maxSourceFile)
		if err != nil {
			return err
		}
		if err := p.checkFile(path, changed); err != nil {
			return err
		}
		file := foreignFile{source: Source{Name: pkg.path + "/" + baseOf(path), File: path, Line: 1}, content: diffargs.Sum(data)}
		if utf8.Valid(data) {
			file.source.Text = string(data)
		}
		l.foreign = append(l.foreign, file)
		l.decls = append(l.decls, pkg.namedInAssembly(file)...)
	}
	r := resolver{program: p}
	for _, f := range pkg.files {
		for _, imported := range f.imports {
			if imported.name != "_" {
				continue
			}
			effects, err := r.importedPackage(f, imported.path)
			if err != nil {
				return err
			}
			if effects != nil && !slices.Contains(l.packages, effects) {
				l.packages = append(l.packages, effects)
				l.decls = append(l.decls, effects.inits...)
			}
		}
	}
	l.modules = r.links.modules
	return nil
}

// namedInAssembly returns the declarations of the package that an assembly file
// names: "·name" there.
func (pkg *sourcePackage) namedInAssembly(file foreignFile) []*declaration {
	var decls []*declaration
	for _, word := range strings.Split(file.source.Text, "·")[1:] {
		if end := strings.IndexFunc(word, endsName); end >= 0 {
			word = word[:end]
		}
		decls = append(decls, pkg.declared[word]...)
	}
	return decls
}

func endsName(c rune) bool { return c != '_' && !unicode.IsLetter(c) && !unicode.IsDigit(c) }
