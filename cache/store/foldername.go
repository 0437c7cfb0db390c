package store

import (
	"encoding/hex"
	"errors"
	"strings"

	"github.com/zeebo/blake3"
)

// maxFolderName bounds folder names, well below what file systems allow: some
// encrypted ones end at 143 bytes.
const maxFolderName = 120

// digestLength is how many hexadecimal digits stand for the name of a function
// that is too long.
const digestLength = 32

// folderName turns the name of a function into that of a folder. Different
// functions have different folders, even where the file system does not tell
// upper from lower case, and no name is one that some system reserves.
//
//	lower-case letters, digits, and . - _ ( ) [ ] ,   stand for themselves
//	/                                                 +
//	upper-case letters                                ! and the letter in lower case
//	any other byte                                    % and two hexadecimal digits
//	first characters that make trouble                the same
//	no name                                           %
//
// A folder name that would be longer than 120 bytes is the end of that, which
// has the function's own name, then ~ and a digest of the whole.
//
// "labbook/tests/digits.trainModel" is "labbook+tests+digits.train!model".
func folderName(function string) string {
	if function == "" {
		return "%"
	}
	var b strings.Builder
	for i := range len(function) {
		switch c := function[i]; {
		case c == '/':
			b.WriteByte('+')
		case 'A' <= c && c <= 'Z':
			b.WriteByte('!')
			b.WriteByte(c - 'A' + 'a')
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', strings.IndexByte(".-_()[],", c) >= 0:
			b.WriteByte(c)
		default:
			b.WriteString(escapeByte(c))
		}
	}
	name := b.String()
	// A dot at the end is dropped by Windows.
	if end := len(name) - 1; name[end] == '.' {
		name = name[:end] + escapeByte('.')
	}
	if len(guardStart(name)) > maxFolderName {
		digest := blake3.Sum256([]byte(function))
		name = name[len(name)-(maxFolderName-len("%xx")-1-digestLength):] + "~" + hex.EncodeToString(digest[:])[:digestLength]
	}
	return guardStart(name)
}

// guardStart escapes the first byte of a name that is hidden, looks like an
// option, or is a device to Windows, whatever follows the dot.
func guardStart(name string) string {
	stem, _, _ := strings.Cut(name, ".")
	switch stem {
	case "con", "prn", "aux", "nul":
	default:
		device := len(stem) == 4 && (strings.HasPrefix(stem, "com") || strings.HasPrefix(stem, "lpt")) && '0' <= stem[3] && stem[3] <= '9'
		if !device && name[0] != '.' && name[0] != '-' {
			return name
		}
	}
	return escapeByte(name[0]) + name[1:]
}

func escapeByte(c byte) string { return "%" + hex.EncodeToString([]byte{c}) }

// errNotFolderName is a folder that is no function's.
var errNotFolderName = errors.New("not the folder of a function")

// functionName is the inverse of folderName. It returns "" for a name that was
// too long: then only the entries in the folder know it.
func functionName(folder string) (string, error) {
	if strings.Contains(folder, "~") {
		if at := strings.LastIndexByte(folder, '~'); len(folder) > maxFolderName || len(folder)-at-1 != digestLength {
			return "", errNotFolderName
		}
		return "", nil
	}
	if folder == "%" {
		return "", nil
	}
	var b strings.Builder
	for i := 0; i < len(folder); i++ {
		switch c := folder[i]; c {
		case '+':
			b.WriteByte('/')
		case '!':
			if i++; i == len(folder) {
				return "", errNotFolderName
			}
			b.WriteString(strings.ToUpper(folder[i : i+1]))
		case '%':
			if i+2 >= len(folder) {
				return "", errNotFolderName
			}
			c, err := hex.DecodeString(folder[i+1 : i+3])
			if err != nil {
				return "", errNotFolderName
			}
			b.Write(c)
			i += 2
		default:
			b.WriteByte(c)
		}
	}
	// Whatever else the folder may be called, this function's is called so.
	if folderName(b.String()) != folder {
		return "", errNotFolderName
	}
	return b.String(), nil
}
