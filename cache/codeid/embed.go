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

// embedded describes the files that a pattern embeds, name and content.
func (p *program) embedded(dir, pattern string) ([]string, error) {
	rest, all := strings.CutPrefix(pattern, "all:")
	tree := os.DirFS(dir)
	matches, err := fs.Glob(tree, rest)
	if err != nil || len(matches) == 0 {
		return nil, untrusted("nothing matches //go:embed " + pattern + " in " + dir)
	}
	var described []string
	for _, match := range matches {
		files, err := p.describeTree(tree, dir, match, all)
		if err != nil {
			return nil, err
		}
		described = append(described, files...)
	}
	slices.Sort(described)
	return described, nil
}

// describeTree describes the files in a tree from a path on, name and content:
// those that are hidden only if all are wanted.
func (p *program) describeTree(tree fs.FS, dir, from string, all bool) ([]string, error) {
	var described []string
	err := fs.WalkDir(tree, from, func(path string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		hidden := strings.HasPrefix(entry.Name(), ".") || strings.HasPrefix(entry.Name(), "_")
		switch {
		case hidden && path != from && !all && entry.IsDir():
			return fs.SkipDir
		case hidden && path != from && !all, entry.IsDir():
			return nil
		}
		digest, err := p.fileDigest(filepath.Join(dir, filepath.FromSlash(path)))
		described = append(described, path+"="+digest.String())
		return err
	})
	return described, err
}

// fileDigest digests a file that must not be newer than the executable.
func (p *program) fileDigest(path string) (diffargs.Digest, error) {
	info, err := os.Stat(path)
	if err != nil {
		return diffargs.Digest{}, err
	}
	if !info.Mode().IsRegular() {
		return diffargs.Digest{}, &fs.PathError{Op: "read", Path: path, Err: errors.New("not a regular file")}
	}
	file, err := os.Open(path)
	if err != nil {
		return diffargs.Digest{}, err
	}
	defer file.Close()
	digest, _, err := diffargs.SumReader(io.LimitReader(file, info.Size()))
	if err != nil {
		return diffargs.Digest{}, err
	}
	if info, err = file.Stat(); err != nil {
		return diffargs.Digest{}, err
	}
	return digest, p.checkFile(path, changedAt(info))
}
