package whyhit

import (
	"slices"
	"strings"

	"labbook/runlog/record"
)

// coverage says what the key of a call covers.
func coverage(call *record.CallDetail) Key {
	k := Key{Code: call.Code.CodeKind, Modules: []string{}, Dependencies: []string{}, Arguments: []string{}, Ignored: -1}
	signature := ""
	for i := range call.Parts {
		switch p := &call.Parts[i]; p.Kind {
		case record.PartModule:
			k.Modules = append(k.Modules, p.Name+"@"+p.Preview)
		case record.PartToolchain:
			k.Toolchain = p.Preview
		case record.PartDependency:
			k.Dependencies = append(k.Dependencies, p.Name)
		case record.PartArgument:
			k.Arguments = append(k.Arguments, p.Name)
		case record.PartOption:
			if p.Name == "version" {
				k.Version = p.Preview
			}
		case record.PartCode:
			if p.Name == "signature" {
				signature = p.Preview
			}
		}
	}
	if all, ok := countArguments(signature); ok && all >= len(k.Arguments) {
		k.Ignored = all - len(k.Arguments)
	}
	return k
}

// countArguments counts the parameters of a function type as reflect writes it,
// without contexts, which are never part of a key.
func countArguments(signature string) (count int, ok bool) {
	rest, isFunction := strings.CutPrefix(signature, "func(")
	if !isFunction {
		return 0, false
	}
	depth, begun := 0, 0
	parameter := func(end int) {
		if text := strings.TrimSpace(rest[begun:end]); text != "" && text != "context.Context" {
			count++
		}
		begun = end + 1
	}
	quoted := false // tags of literal structs
	for i := 0; i < len(rest); i++ {
		switch c := rest[i]; {
		case quoted && c == '\\':
			i++
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '(' || c == '[' || c == '{':
			depth++
		case c == ')' && depth == 0:
			parameter(i)
			return count, true
		case c == ')' || c == ']' || c == '}':
			depth--
		case c == ',' && depth == 0:
			parameter(i)
		}
	}
	return 0, false
}

// covers reports whether a dependency that was declared is part of the key.
func (k *Key) covers(dependency string) bool {
	return slices.Contains(k.Dependencies, dependency)
}
