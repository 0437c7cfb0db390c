package store

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"math"
	"time"

	"github.com/google/uuid"
	"github.com/zeebo/blake3"

	"labbook/runlog/record"
)

const (
	magic         = "LBENTRY"
	formatVersion = 1
	prefixSize    = 128
	checkedSize   = prefixSize - 4 // what the prefix's own checksum covers
	keyStart      = 16             // bytes of the key in the prefix
	alignment     = 64             // of the payload

	// maxHeader bounds a header: previews of parts are short.
	maxHeader = 16 << 20
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// Key is what an entry is found by.
type Key = [32]byte

// Header is what an entry says about itself to a person. Nothing in it is
// needed in order to use the entry.
type Header struct {
	Function  string        `json:"function"`
	Key       string        `json:"key"` // hexadecimal
	Parts     []record.Part `json:"parts"`
	GoVersion string        `json:"go_version"`
	Host      string        `json:"host"`
	Created   time.Time     `json:"created"`
}

// prefix is the part of an entry that every reader needs.
type prefix struct {
	headerLength   uint32
	payloadLength  uint64
	created        time.Time
	duration       time.Duration
	originRun      uuid.UUID
	originCall     int64
	payloadDigest  [32]byte
	keyStart       [keyStart]byte
	headerChecksum uint32
}

// Digest is the digest of a payload as entries have it.
func Digest(payload []byte) [32]byte { return blake3.Sum256(payload) }

// encodeHeader returns the header with the padding that brings the payload to
// its boundary.
func encodeHeader(h Header) ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false) // the reader is a person, not a browser
	if err := e.Encode(h); err != nil {
		return nil, err
	}
	header := bytes.TrimSuffix(b.Bytes(), []byte("\n"))
	for (prefixSize+len(header)+1)%alignment != 0 {
		header = append(header, ' ')
	}
	header = append(header, '\n')
	if len(header) > maxHeader {
		return nil, fmt.Errorf("its description takes %d bytes, at most %d are possible", len(header), maxHeader)
	}
	return header, nil
}

// append adds the bytes of p to b. Numbers that cannot be negative where
// entries are made come back as they were.
func (p *prefix) append(b []byte) []byte {
	start := len(b)
	b = append(b, magic...)
	b = append(b, formatVersion)
	b = binary.LittleEndian.AppendUint32(b, p.headerLength)
	b = binary.LittleEndian.AppendUint32(b, 0)
	b = binary.LittleEndian.AppendUint64(b, p.payloadLength)
	b = binary.LittleEndian.AppendUint64(b, uint64(p.created.UnixNano()))
	b = binary.LittleEndian.AppendUint64(b, uint64(p.duration))
	b = append(b, p.originRun[:]...)
	b = binary.LittleEndian.AppendUint64(b, uint64(p.originCall))
	b = append(b, p.payloadDigest[:]...)
	b = append(b, p.keyStart[:]...)
	b = binary.LittleEndian.AppendUint32(b, p.headerChecksum)
	b = binary.LittleEndian.AppendUint64(b, 0)
	return binary.LittleEndian.AppendUint32(b, crc32.Checksum(b[start:], castagnoli))
}

// A problem is what is wrong with the bytes of an entry.
type problem string

func (p problem) Error() string { return string(p) }

// newerVersionError is the version of an entry that this package does not know.
type newerVersionError int

func (v newerVersionError) Error() string { return fmt.Sprintf("format %d", int(v)) }

// decodePrefix reads the beginning of an entry. The error is a problem or a
// newerVersionError.
func decodePrefix(b []byte) (p prefix, err error) {
	switch {
	case len(b) == 0:
		return p, problem("the file is empty")
	case !bytes.HasPrefix(b, []byte(magic)):
		return p, problem("the file is something else")
	case len(b) <= len(magic):
		return p, problem("the file is cut short")
	case b[len(magic)] > formatVersion:
		return p, newerVersionError(b[len(magic)])
	case len(b) < prefixSize:
		return p, problem("the file is cut short")
	case crc32.Checksum(b[:checkedSize], castagnoli) != binary.LittleEndian.Uint32(b[checkedSize:]):
		return p, problem("the checksum of its beginning is wrong")
	case b[len(magic)] != formatVersion:
		return p, problem("format 0 does not exist")
	case binary.LittleEndian.Uint32(b[12:]) != 0:
		return p, problem("it has flags that its format does not know")
	}
	p.headerLength = binary.LittleEndian.Uint32(b[8:])
	p.payloadLength = binary.LittleEndian.Uint64(b[16:])
	p.created = time.Unix(0, int64(binary.LittleEndian.Uint64(b[24:])))
	p.duration = time.Duration(binary.LittleEndian.Uint64(b[32:]))
	copy(p.originRun[:], b[40:])
	p.originCall = int64(binary.LittleEndian.Uint64(b[56:]))
	copy(p.payloadDigest[:], b[64:])
	copy(p.keyStart[:], b[96:])
	p.headerChecksum = binary.LittleEndian.Uint32(b[112:])
	if p.headerLength > maxHeader || (prefixSize+p.headerLength)%alignment != 0 || p.payloadLength > math.MaxInt64-prefixSize-maxHeader {
		return p, problem("its lengths make no sense")
	}
	return p, nil
}

// payloadAt is where the payload starts.
func (p *prefix) payloadAt() int { return prefixSize + int(p.headerLength) }

// size is the length of the whole entry.
func (p *prefix) size() int64 { return int64(p.payloadAt()) + int64(p.payloadLength) }

// checkKey and the two that follow return a problem or nil.
func (p *prefix) checkKey(key Key) error {
	if p.keyStart != [keyStart]byte(key[:keyStart]) {
		return problem("it holds the result of another key, that starts with " + hex.EncodeToString(p.keyStart[:]))
	}
	return nil
}

func (p *prefix) checkHeader(header []byte) error {
	if crc32.Checksum(header, castagnoli) != p.headerChecksum {
		return problem("the checksum of its header is wrong")
	}
	return nil
}

func (p *prefix) checkPayload(payload []byte) error {
	if Digest(payload) != p.payloadDigest {
		return problem("the digest of its payload is wrong")
	}
	return nil
}
