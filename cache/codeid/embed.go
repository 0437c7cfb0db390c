package codeid

import (
	"errors"
	"go/token"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"labbook/diffargs"
)

// embedPatterns returns the patterns of the //go:embed lines before a variable.
// Blank lines and comments may stand between them and it, so that they need not
// be its doc comment.
func (f *sourceFile) embedPatterns(after, before token.Pos) []string {
	var patterns []string
	for _, group := range f.syntax.Comments {
		for _, comment := range group.List {
			rest, found := strings.CutPrefix(comment.Text, "//go:embed")
			if found && after <= comment.Pos() && comment.Pos() < before && strings.TrimLeft(rest, " \t") != rest {
				patterns = append(patterns, splitPatterns(rest)...)
			}
		}
	}
	return patterns
}

// splitPatterns splits at spaces, but for quoted patterns.
func splitPatterns(text string) []string {
	var patterns []string
	for {
		text = strings.TrimSpace(text)
		if text == "" {
			return patterns
		}
		word := text
		if quoted, err := strconv.QuotedPrefix(text); err == nil {
			word = quoted
		} else if i := strings.IndexAny(text, " \t"); i >= 0 {
			word = text[:i]
		}
		text = text[len(word):]
		if unquoted, err := strconv.Unquote(word); err == nil {
			word = unquoted
		}
		patterns = append(patterns, word)
	}
}

// A tree is the files in a folder that a pattern embeds, or all of them if the
// pattern is "".
type tree struct {
	dir, pattern string
	files        []listedFile // by their paths in the folder, with slashes, sorted
}

// list returns the paths of the files that there are now.
func (t *tree) list() ([]string, error) {
	all, matches := true, []string{"."}
	folders := os.DirFS(t.dir)
	if t.pattern != "" {
		var pattern string
		var err error
		pattern, all = strings.CutPrefix(t.pattern, "all:")
		if matches, err = fs.Glob(folders, pattern); err != nil || len(matches) == 0 {
			return nil, untrusted("nothing matches //go:embed " + t.pattern + " in " + t.dir + "; build the program again")
		}
	}
	var paths []string
	for _, match := range matches {
		err := fs.WalkDir(folders, match, func(path string, entry fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			hidden := strings.HasPrefix(entry.Name(), ".") || strings.HasPrefix(entry.Name(), "_")
			switch {
			case hidden && path != match && !all && entry.IsDir():
				return fs.SkipDir
			case hidden && path != match && !all, entry.IsDir():
				return nil
			}
			paths = append(paths, path)
			return nil
		})
		if err != nil {
			return nil, err
		}
	}
	slices.Sort(paths)
	return slices.Compact(paths), nil
}

// path is where a file of the tree is.
func (t *tree) path(name string) string { return filepath.Join(t.dir, filepath.FromSlash(name)) }

// readTree reads the files of a tree, which must not be newer than the
// executable, and describes them, name and content.
func (p *program) readTree(t *tree) ([]string, error) {
	paths, err := t.list()
	if err != nil {
		return nil, err
	}
	described := make([]string, 0, len(paths))
	for _, path := range paths {
		digest, state, err := fileDigest(t.path(path))
		if err == nil {
			err = p.checkFile(t.path(path), state.changed)
		}
		if err != nil {
			return nil, err
		}
		t.files = append(t.files, listedFile{name: path, state: state})
		described = append(described, path+"="+digest.String())
	}
	slices.Sort(described)
	return described, nil
}

func fileDigest(path string) (diffargs.Digest, fileState, error) {
	began := time.Now()
	info, err := os.Stat(path)
	if err != nil {
		return diffargs.Digest{}, fileState{}, err
	}
	if !info.Mode().IsRegular() {
		return diffargs.Digest{}, fileState{}, &fs.PathError{Op: "read", Path: path, Err: errors.New("not a regular file")}
	}
	file, err := os.Open(path)
	if err != nil {
		return diffargs.Digest{}, fileState{}, err
	}
	defer file.Close()
	digest, _, err := diffargs.SumReader(io.LimitReader(file, info.Size()))
	if err != nil {
		return diffargs.Digest{}, fileState{}, err
	}
	if info, err = file.Stat(); err != nil {
		return diffargs.Digest{}, fileState{}, err
	}
	return digest, stateOf(info, began), nil
}
