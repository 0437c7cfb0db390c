package display

import "strings"

// Function shortens the name of a function by the path of its package:
// "example.com/lab/model.Train" becomes "model.Train".
func Function(name string) string {
	// Type arguments in brackets have package paths of their own.
	head, rest, isGeneric := strings.Cut(name, "[")
	head = head[strings.LastIndexByte(head, '/')+1:]
	if isGeneric {
		return head + "[" + rest
	}
	return head
}

// Digest shortens a hexadecimal digest to what tells one from another by eye.
func Digest(digest string) string {
	const enough = 12
	if len(digest) > enough {
		return digest[:enough]
	}
	return digest
}
