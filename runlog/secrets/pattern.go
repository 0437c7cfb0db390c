package secrets

import (
	"errors"
	"fmt"
	"path"
	"regexp"
	"strings"
	"unicode"
)

// Variable names the environment variable with a user's own patterns.
const Variable = "LABBOOK_SECRETS"

// FileName is the name of the file with a user's own patterns in the folder of
// the lab-book.
const FileName = "secrets"

// A Pattern is one rule of a user's. [Parse] reads them.
type Pattern struct {
	name    string         // a glob for names, as normal writes them; "" for none
	value   *regexp.Regexp // what matches in a value is a secret; nil for none
	exempts bool           // what is called so is no secret after all
}

// Parse reads a user's own patterns, which add to the rules:
//
//	patterns = { pattern ( "," | newline ) }     blanks around a pattern do not count
//	pattern  = name                              what is called so is a secret
//	         | "!" name                          what is called so is none, unless by its shape
//	         | "re:" regexp                      what matches in a value is one;
//	                                             it reaches to the end of the line
//	         | "#" anything                      a remark, to the end of the line
//
// A name may hold * for anything, and counts for variables, flags and parameters
// alike, whatever its case and with - like _: "MY_ID,*_HANDLE,!CACHE_TOKEN". A
// regexp is Go's. What cannot be read is left out and named in the error, and the
// rest holds.
func Parse(text string) ([]Pattern, error) {
	var list []Pattern
	var problems []error
	for line := range strings.Lines(text) {
		for rest := strings.TrimSpace(line); rest != "" && rest[0] != '#'; {
			if expression, found := strings.CutPrefix(rest, "re:"); found {
				value, err := regexp.Compile(strings.TrimSpace(expression))
				switch {
				case err != nil:
					problems = append(problems, fmt.Errorf("pattern %q: %w", rest, err))
				case value.MatchString(""):
					problems = append(problems, fmt.Errorf("pattern %q: it matches where nothing is; write what a secret has at least", rest))
				default:
					list = append(list, Pattern{value: value})
				}
				break
			}
			var entry string
			entry, rest, _ = strings.Cut(rest, ",")
			rest = strings.TrimSpace(rest)
			p, err := parseName(strings.TrimSpace(entry))
			switch {
			case err != nil:
				problems = append(problems, err)
			case p.name != "":
				list = append(list, p)
			}
		}
	}
	return list, errors.Join(problems...)
}

func parseName(entry string) (Pattern, error) {
	name, exempts := strings.CutPrefix(entry, "!")
	name = strings.TrimSpace(name)
	if strings.ContainsAny(name, "= \t\"'[]?\\") {
		return Pattern{}, fmt.Errorf("pattern %q: want a name in which * stands for anything, or re: and a regular expression", entry)
	}
	return Pattern{name: normal(name), exempts: exempts && name != ""}, nil
}

// normal makes names alike that differ in case and in what joins their words.
func normal(name string) string {
	return strings.Map(func(c rune) rune {
		if c == '-' || c == '.' || c == '/' {
			return '_'
		}
		return unicode.ToUpper(c)
	}, name)
}

// fits reports whether a name is meant, which is given as normal writes it.
func (p *Pattern) fits(name string) bool {
	matched, err := path.Match(p.name, name)
	return p.name != "" && err == nil && matched
}
