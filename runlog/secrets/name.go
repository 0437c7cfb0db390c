package secrets

import (
	"slices"
	"strconv"
	"strings"
	"unicode"
)

var (
	// secretWords make a name secret wherever they stand in it. Run together
	// with others they count at the end of a word: PGPASSWORD, authtoken.
	secretWords = []string{
		"password", "passwords", "passwd", "passphrase", "secret", "secrets", "token", "tokens", "credential", "credentials",
		"apikey", "apikeys", "accesskey", "secretkey", "privatekey",
	}
	// wholeWords are the same, but are parts of other words, too.
	wholeWords = []string{"cookie", "cookies", "authorization", "jwt"}
	// lastWords make a name of several words secret at its end. AUTH alone, or in
	// the middle, is a way to do it; PWD alone is a folder.
	lastWords = []string{"auth", "pass", "pwd", "pat", "dsn"}
	// keyWords make one of the key behind them.
	keyWords = []string{
		"api", "access", "private", "signing", "sign", "encryption", "crypt", "master", "deploy", "account", "storage", "shared",
		"service", "license", "webhook", "openai", "anthropic", "stripe", "session", "auth",
	}
	// aboutWords at the end say where a secret is, of what kind it is, or how to
	// ask for it.
	aboutWords = []string{
		"file", "files", "filename", "dir", "path", "folder", "sock", "socket", "stdin", "prompt", "askpass", "helper", "provider",
		"type", "url", "uri", "endpoint", "algorithm", "issuer", "audience",
	}
	// notWords at the beginning are of switches.
	notWords = []string{"no", "ask", "show", "hide", "skip", "without"}
	// amountWords beside token say that tokens are counted.
	amountWords = []string{
		"max", "min", "num", "n", "count", "limit", "budget", "total", "size", "length", "len", "per", "batch", "context", "vocab",
		"new", "input", "output", "prompt", "completion", "stop", "pad", "eos", "bos", "unk", "mask", "sep", "cls", "id", "ids",
		"ttl", "expiry", "lifetime", "timeout", "window", "overlap", "special", "added",
	}
)

// isSecretName reports whether what is called so, with that value, is a secret.
func isSecretName(name, value string) bool {
	if !hasNamePart(name) {
		return false
	}
	list := words(name)
	if len(list) == 0 || isHarmless(value) {
		return false
	}
	last := list[len(list)-1]
	if slices.Contains(notWords, list[0]) || slices.Contains(aboutWords, last) {
		return false
	}
	if len(list) > 1 && slices.Contains(lastWords, last) || last == "pass" || last == "dsn" {
		return true
	}
	for i, word := range list {
		switch {
		case slices.Contains(wholeWords, word):
			return true
		case slices.ContainsFunc(secretWords, func(secret string) bool { return strings.HasSuffix(word, secret) }):
			if !isAmount(list, word, value) {
				return true
			}
		case (word == "key" || word == "keys") && i > 0 && slices.Contains(keyWords, list[i-1]):
			return true
		}
	}
	return false
}

// nameParts are parts of all names that isSecretName knows: most texts have none,
// and need not be taken apart.
var nameParts = []string{"pass", "secret", "token", "key", "credential", "cookie", "auth", "jwt", "pwd", "pat", "dsn"}

// hasNamePart reports whether there can be a secret's name in a text.
func hasNamePart(text string) bool {
	return containsAny(strings.ToLower(text), nameParts)
}

// isHarmless reports whether a value can hardly be a secret: it is nothing, a
// switch, or a number that anybody would guess.
func isHarmless(value string) bool {
	switch strings.ToLower(value) {
	case "", "true", "false", "yes", "no", "on", "off", "none", "null", "nil", "auto", "default", Masked:
		return true
	}
	n, err := strconv.ParseUint(value, 10, 64)
	return err == nil && n < 1000
}

// isAmount reports whether a word of a name is about how many tokens there are,
// or which ones: MAX_TOKENS=4096, maxtokens=64, pad_token=<pad>.
func isAmount(list []string, word, value string) bool {
	isPlural := strings.HasSuffix(word, "tokens")
	if !isPlural && word != "token" {
		return false
	}
	_, err := strconv.ParseFloat(value, 64)
	isNamedSo := slices.ContainsFunc(list, func(word string) bool { return slices.Contains(amountWords, word) })
	return err == nil && (isPlural || isNamedSo) || isNamedSo && (strings.HasPrefix(value, "<") || strings.HasPrefix(value, "["))
}

// words splits a name: "AWS_ACCESS_KEY" and "awsAccessKey" are aws, access, key.
func words(name string) []string {
	var list []string
	var word []rune
	end := func() {
		if len(word) > 0 {
			list = append(list, strings.ToLower(string(word)))
		}
		word = word[:0]
	}
	letters := []rune(name)
	for i, c := range letters {
		if !unicode.IsLetter(c) && !unicode.IsDigit(c) {
			end()
			continue
		}
		startsWord := unicode.IsUpper(c) && i > 0 &&
			(unicode.IsLower(letters[i-1]) || i+1 < len(letters) && unicode.IsLower(letters[i+1]) && unicode.IsUpper(letters[i-1]))
		if startsWord {
			end()
		}
		word = append(word, c)
	}
	end()
	return list
}
