package runlog

import (
	"regexp"
	"strings"
)

// Masked stands for the value of a variable that looks like a secret.
const Masked = "••••"

var secretName = regexp.MustCompile(`(?i)(token|secret|passw(or)?d|passphrase|api_?key|access_?key|private_?key|credential|cookie|authorization|_auth$|_pat$|_pwd$|dsn$)`)

// maskSecrets hides the values of environment variables whose names look like
// secrets. A rerun takes those from its own environment.
func maskSecrets(env []string) []string {
	masked := make([]string, len(env))
	for i, entry := range env {
		name, value, found := strings.Cut(entry, "=")
		if found && value != "" && secretName.MatchString(name) {
			entry = name + "=" + Masked
		}
		masked[i] = entry
	}
	return masked
}
