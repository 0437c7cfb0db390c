package cache

import (
	"encoding/binary"
	"reflect"
	"slices"
	"strconv"
	"sync"

	"labbook/diffargs"
	"labbook/runlog/record"
)

// previewLength bounds the preview of a part.
const previewLength = 120

// keyMagic begins what is hashed into a key; the last byte is the version of
// the grammar.
const keyMagic = "labbook key\x02"

// A key is what a result is stored under:
//
//	key      = digest( magic function constant parts )
//	magic    = "labbook key" version        version is the byte 2
//	function = text
//	constant = digest( parts )              of the parts that all calls of the function have
//	parts    = count { part }               in the order in which the lab-book lists them, the
//	                                        constant ones first
//	part     = kind label digest
//	kind     = text                         a record.PartKind
//	label    = text                         of an argument its position among the arguments, from 0,
//	                                        else the part's name
//	count    = uvarint
//	text     = uvarint length, then the bytes
//	digest   = 32 bytes
//
// The digest is diffargs.Sum. Nothing else goes in: the rows of the lab-book
// are the key. The constant parts are hashed by themselves so that a call does
// not pay for the modules behind it.
type key struct {
	digest  diffargs.Digest
	varying []diffargs.Digest // of the parts that are not constant, in their order
	seen    []string          // previews of those that are no arguments, as they were read
	files   []inputFile       // among the arguments; no part of the key themselves
}

// clone makes a key that shares no room with another.
func (k *key) clone() key {
	return key{digest: k.digest, varying: slices.Clone(k.varying), seen: k.seen, files: k.files}
}

// A part is what is known of one part of the keys of a function before it is
// called.
type part struct {
	kind   record.PartKind
	name   string
	digest diffargs.Digest // of a constant part
	text   string          // of a constant part: its preview
	param  int             // of an argument: which parameter of the function it is
	hasher diffargs.Hasher // of an argument: for the type of that parameter
	head   []byte          // kind and label as they are hashed

	// read looks what a dependency is at the moment, and how to show it. It is
	// nil for the paths of Files.
	read func() (diffargs.Digest, string)
}

// look is read, given the Files among the arguments of the call.
func (p *part) look(files []inputFile) (diffargs.Digest, string) {
	if p.read == nil {
		return pathsOf(files)
	}
	return p.read()
}

func constantPart(kind record.PartKind, name, value string) part {
	return part{kind: kind, name: name, digest: diffargs.Sum([]byte(value)), text: value, head: partHead(kind, name)}
}

func partHead(kind record.PartKind, label string) []byte {
	return appendText(appendText(nil, string(kind)), label)
}

func appendText(b []byte, text string) []byte {
	b = binary.AppendUvarint(b, uint64(len(text)))
	return append(b, text...)
}

// appendParts adds parts with these digests to b.
func appendParts(b []byte, parts []part, digests []diffargs.Digest) []byte {
	b = binary.AppendUvarint(b, uint64(len(parts)))
	for i := range parts {
		b = append(b, parts[i].head...)
		b = append(b, digests[i][:]...)
	}
	return b
}

func digestOfConstants(parts []part) diffargs.Digest {
	digests := make([]diffargs.Digest, len(parts))
	for i := range parts {
		digests[i] = parts[i].digest
	}
	return diffargs.Sum(appendParts(nil, parts, digests))
}

// digestOfParts is the key that is made of these.
func digestOfParts(function string, constant diffargs.Digest, varying []part, digests []diffargs.Digest) diffargs.Digest {
	room := keyBuffers.Get().(*[]byte)
	defer keyBuffers.Put(room)
	b := (*room)[:0]
	b = append(b, keyMagic...)
	b = appendText(b, function)
	b = append(b, constant[:]...)
	b = appendParts(b, varying, digests)
	*room = b
	return diffargs.Sum(b)
}

var keyBuffers = sync.Pool{New: func() any { return new([]byte) }}

// argumentParts are the parts for those arguments that are not ignored.
func (f *function) argumentParts() []part {
	var parts []part
	position := -1
	for i, p := range f.params {
		if p.name == "" {
			continue
		}
		if position++; !p.ignored {
			parts = append(parts, part{
				kind: record.PartArgument, name: p.name, param: i, hasher: diffargs.For(f.typ.In(i)),
				head: partHead(record.PartArgument, strconv.Itoa(position)),
			})
		}
	}
	return parts
}

// key computes the key for args, with room for the digests of its parts. The
// error is an *ArgumentError.
func (f *function) key(args []reflect.Value, room []diffargs.Digest) (key, error) {
	self := f.self()
	k := key{varying: room, files: f.lookAtFiles(args)}
	for i := range self.varying {
		p := &self.varying[i]
		if p.kind != record.PartArgument {
			digest, preview := p.look(k.files)
			k.varying, k.seen = append(k.varying, digest), append(k.seen, preview)
			continue
		}
		digest, err := p.hasher.OfValue(f.keyed(args, p.param))
		if err != nil {
			return key{}, &ArgumentError{Function: self.name, Argument: p.name, Err: err}
		}
		k.varying = append(k.varying, digest)
	}
	f.noteFiles(k.files)
	k.digest = digestOfParts(self.name, self.constant, self.varying, k.varying)
	return k, nil
}

// keyed is what the value of a parameter counts as in a key.
func (f *function) keyed(args []reflect.Value, param int) reflect.Value {
	arg := args[param]
	if f.variadic && param == len(args)-1 && arg.Len() == 0 {
		// f() and f(none...) are one call to the function.
		return reflect.Zero(arg.Type())
	}
	return arg
}

// parts prints the parts of a key for the lab-book. That is done only where
// they are recorded: most calls are hits whose parts are on record.
func (f *function) parts(k *key, args []reflect.Value) []record.Part {
	self := f.self()
	parts := make([]record.Part, 0, len(self.constants)+len(self.varying))
	add := func(p *part, digest diffargs.Digest, preview string) {
		parts = append(parts, record.Part{Position: len(parts), Kind: p.kind, Name: p.name, Digest: digest.String(), Preview: preview})
	}
	for i := range self.constants {
		p := &self.constants[i]
		add(p, p.digest, p.text)
	}
	for i := range self.varying {
		p := &self.varying[i]
		if p.kind != record.PartArgument {
			add(p, k.varying[i], k.seen[i]) // they come first
			continue
		}
		add(p, k.varying[i], diffargs.Preview(f.keyed(args, p.param), previewLength))
	}
	return parts
}
