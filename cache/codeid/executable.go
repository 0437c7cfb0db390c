package codeid

import (
	"bytes"
	"debug/elf"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"time"

	"labbook/diffargs"
)

// BuildID returns what identifies the running executable: the build ID that the
// go command wrote into it, or, if it has none, or one that was given by -ldflags
// and says nothing of the content, "content:" and a digest of the file. It is the
// same on every machine that runs the same executable.
func BuildID() (string, error) { return buildID() }

var buildID = sync.OnceValues(func() (string, error) {
	exe, err := openExecutable()
	if err != nil {
		return "", fmt.Errorf("read build ID: %w", err)
	}
	defer exe.Close()
	id, err := buildIDOf(exe)
	if err != nil {
		return "", fmt.Errorf("read build ID of %s: %w", exe.Name(), err)
	}
	return id, nil
})

// headSize is how much of an executable's beginning the linker promises to hold
// the build ID, where the format has no better place for it.
const headSize = 32 << 10

func buildIDOf(exe io.ReaderAt) (string, error) {
	head := make([]byte, headSize)
	n, err := exe.ReadAt(head, 0)
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	if id := markedBuildID(head[:n]); id != "" {
		return id, nil
	}
	if id := notedBuildID(exe); id != "" {
		return id, nil
	}
	if image, err := openImage(exe); err == nil {
		if start, err := image.textStart(headSize); err == nil {
			if id := markedBuildID(start); id != "" {
				return id, nil
			}
		}
	}
	digest, _, err := diffargs.SumReader(io.NewSectionReader(exe, 0, 1<<62))
	if err != nil {
		return "", err
	}
	return "content:" + digest.String(), nil
}

// maxBuildID bounds a build ID: four hashes and slashes take 83 bytes.
const maxBuildID = 1 << 10

// markedBuildID finds the mark that the linker puts before the first function.
func markedBuildID(head []byte) string {
	_, rest, found := bytes.Cut(head, []byte("\xff Go build ID: \""))
	if !found {
		return ""
	}
	id, _, found := bytes.Cut(rest, []byte("\"\n \xff"))
	if !found || !isBuildID(string(id)) {
		return ""
	}
	return string(id)
}

// isBuildID recognises what the go command makes: four hashes of what the
// executable was made from and of what it holds. Anything else may stay the same
// in every build, as "redacted" does.
func isBuildID(id string) bool {
	hashes := strings.Split(id, "/")
	return len(hashes) == 4 && !slices.ContainsFunc(hashes, func(hash string) bool {
		return len(hash) != 20 || strings.ContainsFunc(hash, endsHash)
	})
}

// endsHash holds for what is not of the URL-safe alphabet of base64.
func endsHash(r rune) bool {
	return (r < '0' || r > '9') && (r < 'A' || r > 'Z') && (r < 'a' || r > 'z') && r != '-' && r != '_'
}

// notedBuildID reads the note that holds the build ID of ELF executables.
func notedBuildID(exe io.ReaderAt) string {
	file, err := elf.NewFile(exe)
	if err != nil {
		return ""
	}
	section := file.Section(".note.go.buildid")
	if section == nil || section.Size > maxBuildID {
		return ""
	}
	note, err := section.Data()
	if err != nil || len(note) < 16 || string(note[12:16]) != "Go\x00\x00" {
		return ""
	}
	size := file.ByteOrder.Uint32(note[4:8])
	if uint64(size) > uint64(len(note)-16) {
		return ""
	}
	if id := string(note[16 : 16+size]); isBuildID(id) {
		return id
	}
	return ""
}

// openExecutable opens the file that is running, and not one that has taken its
// name since.
func openExecutable() (*os.File, error) {
	if runtime.GOOS == "linux" {
		if exe, err := os.Open("/proc/self/exe"); err == nil {
			return exe, nil
		}
	}
	path, err := os.Executable()
	if err != nil {
		return nil, err
	}
	exe, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	stat, err := exe.Stat()
	if err == nil && stat.ModTime().After(started) {
		err = fmt.Errorf("%s was replaced after the program started", path)
	}
	if err != nil {
		return nil, errors.Join(err, exe.Close())
	}
	return exe, nil
}

// started is about when the program started.
var started = time.Now()

// builtAt returns when the running executable was written.
func builtAt() (time.Time, error) {
	exe, err := openExecutable()
	if err != nil {
		return time.Time{}, err
	}
	defer exe.Close()
	stat, err := exe.Stat()
	if err != nil {
		return time.Time{}, err
	}
	return stat.ModTime(), nil
}
