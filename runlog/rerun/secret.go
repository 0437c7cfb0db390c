package rerun

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"labbook/runlog"
	"labbook/runlog/record"
	"labbook/runlog/secrets"
)

// A SecretError says that a run was given secrets that the lab-book does not keep
// and that are not given now.
type SecretError struct {
	Run     int64
	Missing []string // each with what to do about it
}

func (e *SecretError) Error() string {
	return fmt.Sprintf("rerun run %d: the lab-book does not keep secrets, and it was given some: %s", e.Run, strings.Join(e.Missing, "; "))
}

// fillIn returns a run with the secrets in its place that were masked in its
// arguments and settings, and those of the new settings that were not used for
// that. A secret is taken from the setting of its flag, else from its variable
// in the environment, see [secrets.Gap.Variable].
func fillIn(run *record.RunDetail, set []string) (filled *record.RunDetail, rest []string, err error) {
	whole := *run
	whole.Argv, whole.Env = slices.Clone(run.Argv), slices.Clone(run.Env)
	missing := &SecretError{Run: run.ID}
	used := map[string]bool{} // names of settings
	for _, gap := range secrets.Gaps(run.Argv) {
		secret, isSet, found := given(gap.Name, gap.Variable(), set)
		if !found {
			missing.Missing = append(missing.Missing, describe(run, gap))
			continue
		}
		used[plainName(gap.Name)] = isSet
		whole.Argv[gap.Index] = secrets.Fill(run.Argv[gap.Index], secret)
	}
	for i, entry := range run.Env {
		if settings, found := strings.CutPrefix(entry, runlog.SetVariable+"="); found && strings.Contains(settings, secrets.Masked) {
			whole.Env[i] = runlog.SetVariable + "=" + fillSettings(settings, set, missing)
		}
	}
	if len(missing.Missing) > 0 {
		return nil, nil, missing
	}
	rest = slices.DeleteFunc(slices.Clone(set), func(setting string) bool {
		name, _, _ := strings.Cut(setting, "=")
		return used[plainName(name)]
	})
	return &whole, rest, nil
}

// fillSettings fills the gaps in the recorded settings of parameters. Those that
// are set anew are left out: the old ones would only be in the way.
func fillSettings(settings string, set []string, missing *SecretError) string {
	var list []string
	for setting := range strings.FieldsSeq(settings) {
		name, value, _ := strings.Cut(setting, "=")
		if !strings.Contains(value, secrets.Masked) {
			list = append(list, setting)
			continue
		}
		variable := secrets.VariableOf(name)
		secret, isSet, found := given(name, variable, set)
		switch {
		case isSet:
		case !found || strings.ContainsAny(secret, " \t\n\v\f\r"):
			missing.Missing = append(missing.Missing, fmt.Sprintf("the setting %s: give --set %s=… or set %s to it, without spaces", setting, name, variable))
		default:
			list = append(list, name+"="+secrets.Fill(value, secret))
		}
	}
	return strings.Join(list, " ")
}

// given returns the secret that is given for a flag or a parameter, by a setting
// or else in the environment.
func given(name, variable string, set []string) (secret string, isSet, found bool) {
	if name != "" {
		for _, setting := range slices.Backward(set) {
			if other, value, _ := strings.Cut(setting, "="); plainName(other) == plainName(name) {
				return value, true, true
			}
		}
	}
	secret, found = os.LookupEnv(variable)
	return secret, false, found
}

// plainName makes the name of a field (MaxDepth) and that of its flag (max-depth)
// alike.
func plainName(name string) string {
	return strings.ToLower(strings.NewReplacer("-", "", "_", "", ".", "").Replace(name))
}

// describe says what is missing and how to give it.
func describe(run *record.RunDetail, gap secrets.Gap) string {
	if gap.Name != "" {
		return fmt.Sprintf("the argument %s: give --set %s=… or set %s to it", flagOf(run.Argv, gap), gap.Name, gap.Variable())
	}
	return fmt.Sprintf("argument %d, %s: set %s to what stands at %s", gap.Index, run.Argv[gap.Index], gap.Variable(), secrets.Masked)
}

// flagOf returns the argument that names the gap's flag.
func flagOf(argv []string, gap secrets.Gap) string {
	if name, _, found := strings.Cut(argv[gap.Index], "="); found {
		return name
	}
	return argv[gap.Index-1]
}
