package whyhit

import "strings"

// likelyVariables are those that change what programs compute, by convention.
var likelyVariables = []string{
	"TZ", "LANG", "LANGUAGE", "LC_*", "GODEBUG", "GOMAXPROCS", "GOMEMLIMIT", "OMP_*", "MKL_*", "OPENBLAS_*", "BLIS_*", "NUMEXPR_*", "CUDA_*", "HIP_*", "ROCR_*",
	"NVIDIA_*", "XLA_*", "TF_*", "LD_PRELOAD", "LD_LIBRARY_PATH", "DYLD_*", "PYTHONHASHSEED",
}

// volatileVariables are those that are of a terminal or a session, or labbook's
// own.
var volatileVariables = []string{
	"_", "PWD", "OLDPWD", "SHLVL", "TERM", "TERM_*", "TERMINAL*", "COLORTERM", "COLUMNS", "LINES", "NO_COLOR", "CLICOLOR*", "LS_COLORS", "WINDOWID", "DISPLAY",
	"WAYLAND_DISPLAY", "DESKTOP_*", "GNOME_*", "KDE_*", "KONSOLE_*", "ITERM_*", "VTE_VERSION", "TMUX*", "STY", "WT_*", "SSH_*", "GPG_*", "XDG_*", "DBUS_*",
	"SESSION_MANAGER", "INVOCATION_ID", "JOURNAL_STREAM", "SYSTEMD_*", "MANAGERPID", "PS1", "PS2", "PROMPT*", "HIST*", "EDITOR", "VISUAL", "PAGER", "LESS*", "MAIL",
	"LABBOOK", "LABBOOK_*", "JOBLIB_DEBUG",
}

// importance says how likely a variable is to change a result.
func importance(name string) Matters {
	switch {
	case isOneOf(name, likelyVariables):
		return Likely
	case isOneOf(name, volatileVariables):
		return Unlikely
	}
	return Possible
}

// isOneOf matches a name with patterns, of which some end in a star.
func isOneOf(name string, patterns []string) bool {
	for _, pattern := range patterns {
		prefix, isPrefix := strings.CutSuffix(pattern, "*")
		if name == pattern || isPrefix && strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return false
}
