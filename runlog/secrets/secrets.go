package secrets

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Masked stands where a secret was.
const Masked = "••••"

// A Masker masks secrets. The zero value knows the rules of this package alone.
// It is safe for concurrent use.
type Masker struct{ patterns []Pattern }

// New returns a masker that heeds a user's own patterns as well.
func New(patterns ...Pattern) *Masker { return &Masker{patterns} }

// maxFile bounds what is read of a user's file.
const maxFile = 64 << 10

// For returns the masker for a lab-book: with the patterns in LABBOOK_SECRETS, and
// those in the file named secrets in its folder, if there is one. The error
// says what of them could not be read; the masker works without it.
func For(dir string) (*Masker, error) {
	patterns, err := Parse(os.Getenv(Variable))
	if err != nil {
		err = fmt.Errorf("read %s: %w", Variable, err)
	}
	m := &Masker{patterns}
	file, openErr := os.Open(filepath.Join(dir, FileName))
	if errors.Is(openErr, os.ErrNotExist) {
		return m, err
	}
	if openErr != nil {
		return m, errors.Join(err, fmt.Errorf("read secrets: %w", openErr))
	}
	defer file.Close()
	text, readErr := io.ReadAll(io.LimitReader(file, maxFile))
	if readErr == nil {
		patterns, readErr = Parse(string(text))
		m.patterns = append(m.patterns, patterns...)
	}
	if readErr != nil {
		err = errors.Join(err, fmt.Errorf("read %s: %w", file.Name(), readErr))
	}
	return m, err
}

// isSecret reports whether what is called so is one, whatever it looks like. The
// user's patterns come first, the last of those that fit.
func (m *Masker) isSecret(name, value string) bool {
	if value == Masked || value == "" {
		return false
	}
	if m.patterns != nil {
		name := normal(name)
		for i := len(m.patterns) - 1; i >= 0; i-- {
			if m.patterns[i].fits(name) {
				return !m.patterns[i].exempts
			}
		}
	}
	return name != Variable && isSecretName(name, value)
}

// Environment masks the values of variables, which are given as NAME=VALUE. The
// result is new.
func (m *Masker) Environment(env []string) []string {
	masked := make([]string, len(env))
	for i, entry := range env {
		masked[i] = entry
		if name, value, found := strings.Cut(entry, "="); found {
			masked[i] = name + "=" + m.Variable(name, value)
		}
	}
	return masked
}

// Variable masks the value of an environment variable, all of it or nothing.
// Settings of parameters, as LABBOOK_SET has them, are masked one by one.
func (m *Masker) Variable(name, value string) string {
	if name == settings {
		fields := strings.Fields(value)
		masked := false
		for i, field := range fields {
			parameter, text, _ := strings.Cut(field, "=")
			if shown := m.Value(parameter, text); shown != text {
				fields[i], masked = parameter+"="+shown, true
			}
		}
		if masked {
			return strings.Join(fields, " ")
		}
		return value
	}
	if m.isSecret(name, value) || len(m.find(value)) > 0 {
		return Masked
	}
	return value
}

// settings names the variable that sets parameters: NAME=VALUE NAME=VALUE.
const settings = "LABBOOK_SET"

// Value masks the value of a parameter.
func (m *Masker) Value(name, value string) string {
	if m.isSecret(name, value) {
		return Masked
	}
	return settle(value, func(text string) string { return once(text, m.find(text)) })
}

// Arguments masks a program's arguments; the first is its name. The result is
// new.
func (m *Masker) Arguments(argv []string) []string {
	masked := slices.Clone(argv)
	if len(argv) == 0 {
		return masked
	}
	find := toolOf(argv[0])
	for i := 1; i < len(argv); i++ {
		if at := find(argv[i-1], argv[i]); at >= 0 && at < len(argv[i]) {
			masked[i] = argv[i][:at] + Masked
			continue
		}
		if name, isFlag := valueFlag(argv[i-1]); i > 1 && isFlag && !strings.HasPrefix(argv[i], "-") && m.isSecret(name, argv[i]) {
			masked[i] = Masked
			continue
		}
		masked[i] = settle(argv[i], m.argument)
	}
	return masked
}

// argument masks an argument by what stands in it.
func (m *Masker) argument(arg string) string {
	if name, value, found := strings.Cut(arg, "="); found && isName(flagName(name)) && m.isSecret(flagName(name), value) {
		return once(arg, append(m.shaped(arg), span{len(name) + 1, len(arg)}))
	}
	return once(arg, m.find(arg))
}

// Text masks secrets in a text of any kind by their shape.
func (m *Masker) Text(text string) string {
	return settle(text, func(text string) string { return replace(text, m.shaped(text)) })
}

// settle masks until nothing more is found: what stands beside a mask can look
// otherwise than it did.
func settle(text string, mask func(string) string) string {
	const enough = 8
	for range enough {
		masked := mask(text)
		if masked == text {
			break
		}
		text = masked
	}
	return text
}

// shaped returns where secrets stand in a text that their shape gives away.
func (m *Masker) shaped(text string) []span {
	list := shaped(text)
	for i := range m.patterns {
		if value := m.patterns[i].value; value != nil {
			for _, at := range value.FindAllStringIndex(text, -1) {
				list = append(list, span{at[0], at[1]})
			}
		}
	}
	return slices.DeleteFunc(list, func(s span) bool { return s.from == s.to || isMasked(text[s.from:s.to]) })
}

// isMasked reports whether a text is a mask, or a part of one.
func isMasked(text string) bool { return strings.Trim(text, "•") == "" }

// find returns where secrets stand in a value.
func (m *Masker) find(value string) []span {
	return append(m.shaped(value), assigned(value, m.isSecret)...)
}

// merge sorts spans and joins those that touch.
func merge(list []span) []span {
	slices.SortFunc(list, func(a, b span) int { return cmp.Compare(a.from, b.from) })
	var merged []span
	for _, s := range list {
		if n := len(merged); n > 0 && s.from <= merged[n-1].to {
			merged[n-1].to = max(merged[n-1].to, s.to)
			continue
		}
		merged = append(merged, s)
	}
	return merged
}

// replace masks each of the spans.
func replace(text string, list []span) string {
	if len(list) == 0 {
		return text
	}
	var b strings.Builder
	at := 0
	for _, s := range merge(list) {
		b.WriteString(text[at:s.from])
		b.WriteString(Masked)
		at = s.to
	}
	b.WriteString(text[at:])
	return b.String()
}

// once masks the spans with one mask, from the first to the last, so that one
// value can be put in its place again.
func once(text string, list []span) string {
	if len(list) == 0 {
		return text
	}
	list = merge(list)
	from, to := list[0].from, list[len(list)-1].to
	if before, _, found := strings.Cut(text, Masked); found { // of an earlier time
		from, to = min(from, len(before)), max(to, strings.LastIndex(text, Masked)+len(Masked))
	}
	return text[:from] + Masked + text[to:]
}
