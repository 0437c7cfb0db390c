package secrets

import (
	"strconv"
	"strings"
	"unicode"
)

// A Gap is what was masked in an argument.
type Gap struct {
	Index int    // of the argument
	Name  string // of the flag that it is the value of; "" if it belongs to none
}

// Gaps returns what is masked in a program's arguments, in order.
func Gaps(argv []string) []Gap {
	var list []Gap
	for i, arg := range argv {
		if !strings.Contains(arg, Masked) {
			continue
		}
		gap := Gap{Index: i}
		name, _, isAssigned := strings.Cut(arg, "=")
		switch {
		case isAssigned && isName(flagName(name)):
			gap.Name = flagName(name)
		case i > 1 && arg == Masked:
			if name, isFlag := valueFlag(argv[i-1]); isFlag {
				gap.Name = name
			}
		}
		list = append(list, gap)
	}
	return list
}

// Variable names the environment variable that fills the gap in a rerun:
// LABBOOK_SECRET_DB_PASSWORD for the flag --db-password, LABBOOK_SECRET_3 for
// the third argument.
func (g Gap) Variable() string {
	if g.Name == "" {
		return variablePrefix + strconv.Itoa(g.Index)
	}
	return VariableOf(g.Name)
}

// VariableOf names the environment variable that holds the secret of a flag or a
// parameter in a rerun.
func VariableOf(name string) string {
	return variablePrefix + strings.ToUpper(strings.Join(words(name), "_"))
}

const variablePrefix = "LABBOOK_SECRET_"

// Fill puts a secret in the place of a mask.
func Fill(arg, secret string) string { return strings.Replace(arg, Masked, secret, 1) }

// flagName takes the dashes off a flag.
func flagName(arg string) string { return strings.TrimLeft(arg, "-") }

// valueFlag returns the name of a flag whose value may be the next argument.
func valueFlag(arg string) (name string, isFlag bool) {
	name = flagName(arg)
	dashes := len(arg) - len(name)
	return name, (dashes == 1 || dashes == 2) && isName(name)
}

// isName reports whether something may be called so.
func isName(text string) bool {
	for i, c := range text {
		isInner := i > 0 && (unicode.IsDigit(c) || c == '-' || c == '.')
		if !unicode.IsLetter(c) && c != '_' && !isInner {
			return false
		}
	}
	return text != ""
}
