package runlog

import "labbook/runlog/secrets"

// Masked stands for what looks like a secret, see package secrets.
const Masked = secrets.Masked

// ShownVariable returns what a lab-book shows of an environment variable: its
// value, or [Masked] if it looks like a secret. A user's own patterns count once
// something is recorded.
func ShownVariable(name, value string) string {
	masker := &secrets.Masker{}
	if r := active.current.Load(); r != nil && r.secrets != nil {
		masker = r.secrets
	}
	return masker.Variable(name, value)
}
