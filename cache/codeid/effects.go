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
	state   fileState
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
		data, state, err := readBounded(path, maxSourceFile)
		if err != nil {
			return err
		}
		if err := p.checkFile(path, state.changed); err != nil {
			return err
		}
		file := foreignFile{source: Source{Name: pkg.path + "/" + baseOf(path), File: path, Line: 1}, content: diffargs.Sum(data), state: state}
		if utf8.Valid(data) {
			file.source.Text = string(data)
		}
		l.foreign = append(l.foreign, file)
		decls, err := p.namedInAssembly(pkg, l, file)
		if err != nil {
			return err
		}
		l.decls = append(l.decls, decls...)
	}
	r := resolver{program: p}
	for _, f := range pkg.files {
		if pkg.usesC {
			for _, name := range f.exports {
				l.decls = append(l.decls, pkg.declared[name]...)
			}
		}
		for _, imported := range f.imports {
			if imported.name != "_" {
				continue
			}
			effects, err := r.importedPackage(f, imported)
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
	l.loaded = append(l.loaded, r.links.loaded...)
	return nil
}

// namedInAssembly returns the declarations that an assembly file names: "·name"
// there, "path∕to∕package·name", and, by the header that the compiler writes for
// it, "const_name", "type_field" and "type__size".
func (p *program) namedInAssembly(pkg *sourcePackage, l *packageLinks, file foreignFile) ([]*declaration, error) {
	var decls []*declaration
	for word := range strings.FieldsFuncSeq(file.source.Text, endsSymbol) {
		if i := strings.LastIndex(word, middleDot); i >= 0 {
			from, err := p.packageInAssembly(pkg, word[:i])
			if err != nil {
				return nil, err
			}
			if from != nil {
				l.loaded = append(l.loaded, from)
				decls = append(decls, from.declared[word[i+len(middleDot):]]...)
			}
			continue
		}
		name, _ := strings.CutPrefix(word, "const_")
		decls = append(decls, pkg.declared[name]...)
		for i, c := range word {
			if c == '_' {
				decls = append(decls, pkg.declared[word[:i]]...)
			}
		}
	}
	return decls, nil
}

// packageInAssembly returns the program's own package that stands before the
// last dot of a symbol, nil if it is another's.
func (p *program) packageInAssembly(pkg *sourcePackage, path string) (*sourcePackage, error) {
	path = strings.NewReplacer(middleDot, ".", "∕", "/").Replace(path)
	if path == "" {
		return pkg, nil
	}
	if from, module, _ := p.modules.locate(path); from == own {
		return p.load(path, module)
	}
	return nil, nil
}

const middleDot = "·"

func endsSymbol(c rune) bool {
	return c != '_' && c != '·' && c != '∕' && !unicode.IsLetter(c) && !unicode.IsDigit(c)
}

// implements reports whether a file in another language may hold the body of a
// function: it names it, or cannot be read.
func (file *foreignFile) implements(name string) bool {
	if file.source.Text == "" {
		return true
	}
	for word := range strings.FieldsFuncSeq(file.source.Text, endsSymbol) {
		if strings.HasSuffix(word, middleDot+name) {
			return true
		}
	}
	return false
}
