package rerun

import (
	"fmt"
	"os"
	"strings"

	"labbook/cache/recheck"
	"labbook/runlog"
	"labbook/runlog/record"
)

// CheckSetting says what is wrong with a setting of a parameter, which should
// be NAME=VALUE without spaces: the program gets all of them in one variable,
// with spaces between.
func CheckSetting(setting string) error {
	name, _, found := strings.Cut(setting, "=")
	switch {
	case !found || name == "":
		return fmt.Errorf("set %q: want NAME=VALUE", setting)
	case strings.ContainsAny(setting, " \t\n\v\f\r"):
		return fmt.Errorf("set %q: a setting cannot hold spaces", setting)
	}
	return nil
}

// checkSettings refuses settings that the program would not heed.
func checkSettings(run *record.RunDetail, settings []string) error {
	for _, setting := range settings {
		if err := CheckSetting(setting); err != nil {
			return fmt.Errorf("rerun run %d: %w", run.ID, err)
		}
		if run.Outside && !run.Itself {
			return fmt.Errorf("rerun run %d: set %s: it would not be heeded, since the program does not record itself; run it with other arguments: labbook run -- %s …",
				run.ID, setting, run.Argv[0])
		}
		name, _, _ := strings.Cut(setting, "=")
		for _, p := range run.Params {
			if p.Source == "flag" && isSameName(p.Name, name) {
				return fmt.Errorf("rerun run %d: set %s: it would not be heeded, since the run was given %s = %s as a flag; run the program itself with another flag",
					run.ID, setting, p.Name, p.Value)
			}
		}
	}
	return nil
}

// isSameName tells whether a parameter is known by a name that a setting uses:
// that of its field (MaxDepth) or of its flag (max-depth).
func isSameName(field, name string) bool {
	return strings.EqualFold(field, strings.ReplaceAll(name, "-", ""))
}

// environment is the recorded one, with what was masked taken from ours, and
// with what makes the program record itself as a rerun.
func environment(run *record.RunDetail, settings []string, options *Options) []string {
	var env []string
	set := strings.Join(settings, " ")
	for _, entry := range run.Env {
		name, value, _ := strings.Cut(entry, "=")
		if value == runlog.Masked {
			if value, found := os.LookupEnv(name); found {
				env = append(env, name+"="+value)
			}
			continue
		}
		switch {
		case name == "LABBOOK_DIR", name == runlog.RerunVariable, name == runlog.WithinVariable, recheck.IsVariable(name): // of the run that it repeats
		case name == runlog.SetVariable:
			set = strings.TrimSpace(value + " " + set)
		default:
			env = append(env, entry)
		}
	}
	env = append(env, options.Env...)
	env = append(env, "LABBOOK_DIR="+options.Dir, runlog.RerunVariable+"="+run.UUID)
	if set != "" {
		env = append(env, runlog.SetVariable+"="+set)
	}
	return env
}

// reportLostSecrets names the variables that the program will have to do
// without.
func reportLostSecrets(run *record.RunDetail, options *Options) {
	var lost []string
	for _, entry := range run.Env {
		name, value, _ := strings.Cut(entry, "=")
		if _, found := os.LookupEnv(name); value == runlog.Masked && !found {
			lost = append(lost, name)
		}
	}
	if len(lost) > 0 {
		options.progress("run %d had secrets that are not in the lab-book and not set here: %s", run.ID, strings.Join(lost, ", "))
	}
}
