package runlog

import (
	"net/url"
	"regexp"
	"strings"
)

// Masked stands for the value of a variable that looks like a secret.
const Masked = "••••"

var secretName = regexp.MustCompile(`(?i)(token|secret|passw(or)?d|passphrase|api_?key|access_?key|private_?key|credential|cookie|authorization|_auth$|_pat$|_pwd$|(^|_)pass$|(signing|encryption|secret|master)_?key|dsn$)`)

// maskSecrets hides the values of environment variables whose names look like
// secrets. A rerun takes those from its own environment.
func maskSecrets(env []string) []string {
	masked := make([]string, len(env))
	for i, entry := range env {
		name, value, found := strings.Cut(entry, "=")
		if address, err := url.Parse(value); found && err == nil && address.Host != "" {
			if _, hasPassword := address.User.Password(); hasPassword {
				entry = name + "=" + Masked // a database, say, with its password
			}
		}
		if found && value != "" && secretName.MatchString(name) {
			entry = name + "=" + Masked
		}
		masked[i] = entry
	}
	return masked
}

// ShownVariable returns what a lab-book shows of an environment variable: its
// value, or [Masked] if it looks like a secret.
func ShownVariable(name, value string) string {
	_, shown, _ := strings.Cut(maskSecrets([]string{name + "=" + value})[0], "=")
	return shown
}
