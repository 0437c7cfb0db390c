package codeid

import (
	"errors"
	"go/ast"
	"slices"
)

// typeArguments reaches the types that a generic instance was made for.
func (r *reach) typeArguments(f *function) error {
	for _, t := range f.typeArguments() {
		path := r.program.importPath(t.path)
		from, module, dep := r.program.modules.locate(path)
		switch {
		case from == other:
			r.direct[dep.Path] = true
		case from == own || path == "main":
			pkg, err := r.program.load(path, module)
			if err != nil {
				return err
			}
			decls := pkg.declared[t.name]
			if t.local {
				if decls, err = pkg.declaringLocally(t.name); err != nil {
					return err
				}
			}
			if len(decls) == 0 {
				return untrusted("type " + path + "." + t.name + " is not declared, so this is not the source that was built; build the program again")
			}
			r.add(r.first(), decls...)
		}
	}
	return nil
}

// first returns the function itself, nil if it is not the program's own.
func (r *reach) first() *declaration {
	if len(r.order) == 0 {
		return nil
	}
	return r.order[0]
}

// declaringLocally returns the functions that declare a type of that name
// inside.
func (pkg *sourcePackage) declaringLocally(name string) ([]*declaration, error) {
	var found []*declaration
	var errs []error
	consider := func(decls []*declaration) {
		for _, d := range decls {
			if d.function != nil && !d.function.mentions(name) {
				continue
			}
			node, err := d.syntax()
			if err != nil {
				errs = append(errs, err)
				continue
			}
			ast.Inspect(node, func(n ast.Node) bool {
				if spec, ok := n.(*ast.TypeSpec); ok && spec.Name.Name == name && !slices.Contains(found, d) {
					found = append(found, d)
				}
				return true
			})
		}
	}
	for _, decls := range pkg.declared {
		consider(decls)
	}
	for _, decls := range pkg.methods {
		consider(decls)
	}
	consider(pkg.inits)
	slices.SortFunc(found, func(a, b *declaration) int {
		if a.file != b.file {
			return slices.Index(pkg.files, a.file) - slices.Index(pkg.files, b.file)
		}
		return int(a.node.Pos() - b.node.Pos())
	})
	return found, errors.Join(errs...)
}

func (f *functionText) mentions(name string) bool {
	return slices.ContainsFunc(f.references, func(r reference) bool { return r.name == name })
}
