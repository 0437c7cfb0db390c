package secrets

import "strings"

// A joint is what stands between a name and its value.
type joint int

const (
	noJoint joint = iota
	equals
	colon
	blank
)

// assigned returns where values stand in a text whose names are secret, as in a
// line for a shell, a connection string, the query of an address, a header, or
// JSON:
//
//	export DB_PASSWORD=abc     password='a b'     ?api_key=abc&x=1
//	--token abc                X-Api-Key: abc     {"password": "abc"}
//
// It is read by hand: a program should not have to make a regular expression
// before it begins.
func assigned(text string, isSecret func(name, value string) bool) []span {
	if !strings.ContainsAny(text, "=: ") {
		return nil
	}
	var list []span
	for at := 0; at < len(text); {
		if !isNameStart(text[at]) {
			at++
			continue
		}
		nameFrom := at
		for at < len(text) && (isNameStart(text[at]) || strings.IndexByte("0123456789.-", text[at]) >= 0) {
			at++
		}
		name := text[nameFrom:at]
		kind, isQuoted, from := jointAt(text, at)
		isFlag := nameFrom > 0 && text[nameFrom-1] == '-'
		if kind == noJoint || kind == blank && !isFlag { // two words
			continue
		}
		to := valueEnd(text, from, kind == colon && !isQuoted)
		if to > from+1 && (text[from] == '"' || text[from] == '\'') && text[to-1] == text[from] {
			from, to = from+1, to-1
		}
		if to > from && isSecret(name, text[from:to]) && (!isFlag || text[from] != '-') {
			list = append(list, span{from, to})
			at = to // else the value may be a name in its turn
		}
	}
	return list
}

func isNameStart(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_'
}

// jointAt returns what joins a name that ends there to its value, whether the
// name is in quotation marks, and where the value begins.
func jointAt(text string, at int) (kind joint, isQuoted bool, value int) {
	if at < len(text) && (text[at] == '"' || text[at] == '\'') {
		isQuoted = true
		at++
	}
	switch next := skip(text, at, blanks); {
	case next < len(text) && text[next] == '=':
		return equals, isQuoted, skip(text, next+1, blanks)
	case at < len(text) && text[at] == ':':
		return colon, isQuoted, skip(text, at+1, " ")
	case next > at:
		return blank, isQuoted, next
	}
	return noJoint, isQuoted, at
}

const blanks = " \t\r\n\f\v"

// skip returns where characters end that begin at from.
func skip(text string, from int, characters string) int {
	return len(text) - len(strings.TrimLeft(text[from:], characters))
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
