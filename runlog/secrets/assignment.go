package secrets

import (
	"regexp"
	"strings"
	"sync"
)

// assignment finds where something may be given a value inside of a text, as in
// a line for a shell, a connection string, the query of an address, a header, or JSON:
//
//	export DB_PASSWORD=abc     password='a b'     ?api_key=abc&x=1
//	--token abc                X-Api-Key: abc     {"password": "abc"}
var assignment = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`([A-Za-z_][A-Za-z0-9_.-]*)["']?(?:\s*=\s*|: *|\s+)`)
})

// assigned returns where values stand in a text whose names are secret.
func assigned(text string, isSecret func(name, value string) bool) []span {
	if !strings.ContainsAny(text, "=: ") {
		return nil
	}
	var list []span
	for at := 0; at < len(text); {
		found := assignment().FindStringSubmatchIndex(text[at:])
		if found == nil {
			break
		}
		nameFrom, nameTo, valueFrom := at+found[2], at+found[3], at+found[1]
		at = nameTo // the value may be a name in its turn
		name, joint := text[nameFrom:nameTo], text[nameTo:valueFrom]
		isFlag := strings.HasSuffix(text[:nameFrom], "-") || strings.HasPrefix(name, "-")
		if strings.Trim(joint, " \t\r\n") == "" && !isFlag {
			continue // two words
		}
		to := valueEnd(text, valueFrom, strings.Contains(joint, ":") && !strings.ContainsAny(joint, `"'`))
		from := valueFrom
		if to > from+1 && (text[from] == '"' || text[from] == '\'') && text[to-1] == text[from] {
			from, to = from+1, to-1
		}
		if to > from && isSecret(name, text[from:to]) && !(isFlag && strings.HasPrefix(text[from:to], "-")) {
			list = append(list, span{from, to})
			at = to
		}
	}
	return list
}

// valueEnd returns where the value ends that begins at from: at the quotation
// mark that closes it, or where a word ends; that of a header at the end of its
// line.
func valueEnd(text string, from int, isHeader bool) int {
	if from == len(text) {
		return from
	}
	if quote := text[from]; quote == '"' || quote == '\'' {
		if end := strings.IndexByte(text[from+1:], quote); end >= 0 {
			return from + 1 + end + 1
		}
		return len(text)
	}
	stop := " \t\r\n\"'&;"
	if isHeader {
		stop = "\r\n\"'"
	}
	if end := strings.IndexAny(text[from:], stop); end >= 0 {
		return from + end
	}
	return len(text)
}
