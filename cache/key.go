package cache

import (
	"encoding/binary"
	"reflect"
	"strconv"

	"labbook/diffargs"
	"labbook/runlog/record"
)

// previewLength bounds the preview of a part.
const previewLength = 120

// keyMagic begins what is hashed into a key; the last byte is the version of
// the grammar.
const keyMagic = "labbook key\x01"

// A key is what a result is stored under, and what that was made of:
//
//	key    = digest( magic function count { part } )
//	magic  = "labbook key" version          version is the byte 1
//	function = text
//	count  = uvarint                        of parts
//	part   = kind label digest              in the order in which the lab-book lists them
//	kind   = text                           a record.PartKind
//	label  = text                           of an argument its position among the arguments, from 0,
//	                                        else the part's name
//	text   = uvarint length, then the bytes
//	digest = 32 bytes
//
// The digest is diffargs.Sum. Nothing else goes in: the rows of the lab-book
// are the key.
type key struct {
	digest diffargs.Digest
	parts  []keyPart
	files  []inputFile // among the arguments; no part of the key themselves
}

type keyPart struct {
	kind     record.PartKind
	name     string
	digest   diffargs.Digest
	text     string        // of what is no argument: its preview
	position int           // of an argument, among the arguments
	value    reflect.Value // of an argument
}

// preview is made only when the part is recorded: most calls are hits whose
// parts are on record.
func (p *keyPart) preview() string {
	if p.kind == record.PartArgument {
		return diffargs.Preview(p.value, previewLength)
	}
	return p.text
}

func (p *keyPart) label() string {
	if p.kind == record.PartArgument {
		return strconv.Itoa(p.position)
	}
	return p.name
}

func digestOfParts(function string, parts []keyPart) diffargs.Digest {
	b := make([]byte, 0, 64+len(function)+64*len(parts))
	b = append(b, keyMagic...)
	b = appendText(b, function)
	b = binary.AppendUvarint(b, uint64(len(parts)))
	for i := range parts {
		b = appendText(b, string(parts[i].kind))
		b = appendText(b, parts[i].label())
		b = append(b, parts[i].digest[:]...)
	}
	return diffargs.Sum(b)
}

func appendText(b []byte, text string) []byte {
	b = binary.AppendUvarint(b, uint64(len(text)))
	return append(b, text...)
}

// records prints the parts for the lab-book.
func (k *key) records() []record.Part {
	parts := make([]record.Part, len(k.parts))
	for i := range k.parts {
		p := &k.parts[i]
		parts[i] = record.Part{Position: i, Kind: p.kind, Name: p.name, Digest: p.digest.String(), Preview: p.preview()}
	}
	return parts
}

// key computes the key for args. The error is an *ArgumentError.
func (f *function) key(args []reflect.Value) (key, error) {
	self := f.self()
	k := key{parts: make([]keyPart, len(self.parts), len(self.parts)+len(args))}
	copy(k.parts, self.parts)
	k.files = f.lookAtFiles(args)
	position := -1
	for i, p := range f.params {
		if p.name == "" {
			continue
		}
		position++
		if p.ignored {
			continue
		}
		arg := args[i]
		if f.typ.IsVariadic() && i == len(args)-1 && arg.Len() == 0 {
			// f() and f(none...) are one call to the function.
			arg = reflect.Zero(arg.Type())
		}
		digest, err := diffargs.OfValue(arg)
		if err != nil {
			return key{}, &ArgumentError{Function: self.name, Argument: p.name, Err: err}
		}
		k.parts = append(k.parts, keyPart{
			kind: record.PartArgument, name: p.name, digest: digest, position: position, value: arg,
		})
	}
	f.noteFiles(k.files)
	k.digest = digestOfParts(self.name, k.parts)
	return k, nil
}
