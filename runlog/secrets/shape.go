package secrets

import (
	"regexp"
	"strings"
	"sync"
	"unicode"
)

// A shape is what the secrets of a kind look like.
type shape struct {
	anchors []string // of which one occurs wherever the shape does: quick to look for
	pattern string
	group   int                    // that holds the secret; 0 for all of it
	holds   func(text string) bool // says what the pattern cannot; nil for nothing
	regexp  func() *regexp.Regexp
}

// shapes are compiled when they are first needed: most texts hold no anchor.
var shapes = compileLater([]shape{
	{anchors: []string{"-----BEGIN "}, pattern: privateKey},
	{anchors: []string{"github_pat_"}, pattern: `\bgithub_pat_[A-Za-z0-9_]{20,}`},
	{anchors: []string{"ghp_", "gho_", "ghu_", "ghs_", "ghr_"}, pattern: `\bgh[pousr]_[A-Za-z0-9]{20,}`},
	{anchors: []string{"glpat-"}, pattern: `\bglpat-[A-Za-z0-9_-]{16,}`},
	{anchors: []string{"AKIA", "ASIA"}, pattern: `\b(?:AKIA|ASIA)[A-Z0-9]{16}\b`},
	{anchors: []string{"AIza"}, pattern: `\bAIza[A-Za-z0-9_-]{35}`},
	{anchors: []string{"sk-", "sk_", "rk_"}, pattern: `\b(?:sk-|[sr]k_(?:live|test)_)[A-Za-z0-9_-]{16,}`, holds: looksRandom},
	{anchors: []string{"xox"}, pattern: `\bxox[a-z]-[A-Za-z0-9-]{10,}`},
	{anchors: []string{"hf_"}, pattern: `\bhf_[A-Za-z0-9]{30,}`},
	{anchors: []string{"npm_"}, pattern: `\bnpm_[A-Za-z0-9]{30,}`, holds: looksRandom},
	{anchors: []string{"pypi-"}, pattern: `\bpypi-[A-Za-z0-9_-]{50,}`},
	{anchors: []string{"SG."}, pattern: `\bSG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,}`},
	{anchors: []string{"eyJ"}, pattern: `\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}(?:\.[A-Za-z0-9_-]*)?`},
	{anchors: []string{"earer "}, pattern: `\b[Bb]earer +([A-Za-z0-9._~+/=-]{8,})`, group: 1, holds: hasDigit},
})

// privateKey is a key from its first line to its last one; if that is missing,
// the lines that can belong to it, with what a diff puts before each.
const privateKey = `(?s)-----BEGIN [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----(?:.*?-----END [A-Z0-9 ]*PRIVATE KEY(?: BLOCK)?-----|(?:(?:\s|\\n|\\r)*[+ -]?[A-Za-z0-9+/=]{16,})*)`

func compileLater(list []shape) []shape {
	for i := range list {
		pattern := list[i].pattern
		list[i].regexp = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(pattern) })
	}
	return list
}

// looksRandom tells a key from words with dashes between: it has letters and
// digits, and a long part without a break.
func looksRandom(text string) bool {
	longest, run, letters, digits := 0, 0, false, false
	for _, c := range text {
		if c == '-' || c == '_' {
			run = 0
			continue
		}
		run++
		longest = max(longest, run)
		letters = letters || unicode.IsLetter(c)
		digits = digits || unicode.IsDigit(c)
	}
	return letters && digits && longest >= 16
}

// hasDigit tells a token from a word.
func hasDigit(text string) bool { return strings.ContainsAny(text, "0123456789") }

// A span is where a secret stands in a text.
type span struct{ from, to int }

// shaped returns where secrets stand that are known by their shape.
func shaped(text string) []span {
	var list []span
	for i := range shapes {
		s := &shapes[i]
		if !containsAny(text, s.anchors) {
			continue
		}
		for _, at := range s.regexp().FindAllStringSubmatchIndex(text, -1) {
			from, to := at[2*s.group], at[2*s.group+1]
			if s.holds == nil || s.holds(text[from:to]) {
				list = append(list, span{from, to})
			}
		}
	}
	return append(list, addressPasswords(text)...)
}

func containsAny(text string, anchors []string) bool {
	for _, anchor := range anchors {
		if strings.Contains(text, anchor) {
			return true
		}
	}
	return false
}

// addressPasswords returns where passwords stand in addresses: between the first
// colon and the last at sign before the path. People also write passwords with
// characters that have no place there; a port is told from those by its
// digits.
func addressPasswords(text string) []span {
	const mark = "://"
	var list []span
	for at := 0; ; {
		next := strings.Index(text[at:], mark)
		if next < 0 {
			return list
		}
		from := at + next + len(mark)
		word := text[from:]
		if end := strings.IndexAny(word, " \t\r\n\"'<>`|,;)"); end >= 0 {
			word = word[:end]
		}
		at = from
		authority := word
		if end := strings.IndexAny(word, "/?#"); end >= 0 {
			authority = word[:end]
			if _, after, found := strings.Cut(authority, ":"); found && !strings.Contains(authority, "@") && !isPort(after) {
				authority = word // the password holds a slash or the like
			}
		}
		last := strings.LastIndexByte(authority, '@')
		if last < 0 {
			continue
		}
		if colon := strings.IndexByte(authority[:last], ':'); colon >= 0 && colon+1 < last {
			list = append(list, span{from + colon + 1, from + last})
		}
	}
}

func isPort(text string) bool {
	return len(text) <= 5 && strings.Trim(text, "0123456789") == ""
}
