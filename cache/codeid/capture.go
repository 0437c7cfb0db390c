package codeid

import (
	"errors"
	"slices"
)

// captures returns the names of the variables that a function literal captures,
// as its source has it.
func (p *program) captures(f *function) ([]string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	defer p.ahead.stop()
	if p.problem != "" {
		return nil, untrusted(p.problem)
	}
	symbolPath, _ := cutSymbol(f.symbol)
	path := p.importPath(symbolPath)
	local, _ := p.modules.owner(path)
	if local == nil && path != "main" {
		return nil, errors.New("it is not in a module of the program")
	}
	pkg, err := p.load(path, local)
	if err != nil {
		return nil, err
	}
	decls, err := pkg.find(f)
	if err != nil {
		return nil, err
	}
	var captured []string
	for _, d := range decls {
		found, err := usesOf(d)
		if err != nil {
			return nil, err
		}
		for _, name := range found.captured {
			if !slices.Contains(captured, name) {
				captured = append(captured, name)
			}
		}
	}
	return captured, nil
}

// capturesIfKnown is captures for a message, which can do without.
func (p *program) capturesIfKnown(f *function) []string {
	if !f.declared().literal {
		return nil
	}
	captured, err := p.captures(f)
	if err != nil {
		return nil
	}
	return captured
}
