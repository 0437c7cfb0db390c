package secrets

import (
	"path/filepath"
	"slices"
	"strings"
)

// tools are well-known programs that take a secret where neither its name nor its
// shape shows it, by what finds it: where it begins in an argument, -1 if there is
// none, given the argument before.
var tools = map[string]func(before, arg string) int{
	"curl": login, "wget": login,
	"mysql": gluedPassword, "mysqldump": gluedPassword, "mysqladmin": gluedPassword, "mysqlimport": gluedPassword,
	"mysqlcheck": gluedPassword, "mysqlshow": gluedPassword,
	"mariadb": gluedPassword, "mariadb-dump": gluedPassword, "mariadb-admin": gluedPassword, "mariadb-import": gluedPassword,
	"mariadb-check": gluedPassword, "mariadb-show": gluedPassword,
}

// toolOf returns what finds the secrets of a program.
func toolOf(program string) func(before, arg string) int {
	// Both separators, since the arguments may be those of another system.
	name := filepath.Base(program[strings.LastIndexAny(program, `/\`)+1:])
	if find, isKnown := tools[strings.TrimSuffix(strings.ToLower(name), ".exe")]; isKnown {
		return find
	}
	return func(string, string) int { return -1 }
}

var loginFlags = []string{"-u", "-U", "--user", "--proxy-user"}

// login finds the password of USER:PASSWORD, in the argument after its flag or
// behind it.
func login(before, arg string) int {
	value := 0
	switch name, _, isAssigned := strings.Cut(arg, "="); {
	case slices.Contains(loginFlags, before), isSwitchesAnd(before, "uU"):
	case isAssigned && slices.Contains(loginFlags[2:], name):
		value = len(name) + 1
	case strings.HasPrefix(arg, "-u"), strings.HasPrefix(arg, "-U"):
		value = 2
	default:
		return -1
	}
	colon := strings.IndexByte(arg[value:], ':')
	if colon < 0 {
		return -1
	}
	return value + colon + 1
}

// isSwitchesAnd reports whether an argument is made of curl's switches, which take
// no value, and one of some flags at the end: -fsSu.
func isSwitchesAnd(arg, flags string) bool {
	const switches = "#0346BGIJLNOSafgijklnpqsv"
	return len(arg) > 2 && arg[0] == '-' && strings.Trim(arg[1:len(arg)-1], switches) == "" && strings.ContainsRune(flags, rune(arg[len(arg)-1]))
}

// gluedPassword finds the password right behind -p.
func gluedPassword(_, arg string) int {
	if strings.HasPrefix(arg, "-p") {
		return len("-p")
	}
	return -1
}
