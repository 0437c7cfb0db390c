package whymiss

import (
	"cmp"
	"context"
	"fmt"
	"go/scanner"
	"go/token"
	"path/filepath"
	"slices"
	"strings"

	"labbook/diffargs"
	"labbook/runlog/display"
	"labbook/runlog/record"
)

// codePath begins the path of a difference in a function; the function's name
// follows. No path into an argument looks like it, not even into one that is
// called code.
const codePath = "code: "

// IsCode reports whether the difference is in the code of a function: then its detail
// is a unified diff.
func (d *Difference) IsCode() bool { return strings.HasPrefix(d.Path, codePath) }

// codeDifferences names the functions that differ between two states of the
// code, with their diffs: those that changed, then new ones, then those that
// are gone; each the nearer to the cached function the earlier.
func codeDifferences(ctx context.Context, h History, pair *partPair, n *neighbour, call *record.CallDetail) ([]Difference, error) {
	if n.call.Code.CodeKind != "source" || call.Code.CodeKind != "source" {
		return []Difference{previewDifference(pair, "")}, nil
	}
	before, err := readSources(ctx, h, n.call.Code.CodeDigest)
	if err != nil {
		return nil, err
	}
	after, err := readSources(ctx, h, call.Code.CodeDigest)
	if err != nil {
		return nil, err
	}
	if len(before.list) == 0 || len(after.list) == 0 {
		// To list the functions of one side would say that they all are new.
		return []Difference{previewDifference(pair, "the source of the functions is not in the lab-book")}, nil
	}
	changed, added, removed := compareSources(&before, &after)
	var list []Difference
	for _, group := range [][]Difference{changed, added, removed} {
		slices.SortStableFunc(group, func(a, b Difference) int { return cmp.Compare(len(a.Chain), len(b.Chain)) })
		list = append(list, group...)
	}
	if len(list) == 0 {
		list = append(list, previewDifference(pair, "no function that the lab-book has the source of differs"))
	}
	for i := range list {
		list[i].Part = pair.after.Name
	}
	return list, nil
}

// sources are the functions behind one code digest.
type sources struct {
	list  []record.Source
	named map[string]*record.Source
}

func readSources(ctx context.Context, h History, codeDigest string) (s sources, err error) {
	s.list, err = h.Sources(ctx, codeDigest)
	s.named = make(map[string]*record.Source, len(s.list))
	for i := range s.list {
		s.named[s.list[i].Name] = &s.list[i]
	}
	return s, err
}

// chain names the functions that lead from the cached one to the named one, both
// included. It is nil where that was not recorded.
func (s *sources) chain(name string) (names []string) {
	for at := s.named[name]; at != nil && len(names) <= len(s.list); at = s.named[at.Via] {
		names = append(names, display.Function(at.Name))
	}
	if len(names) < 2 {
		return nil
	}
	slices.Reverse(names)
	return names
}

// compareSources finds the functions that differ in more than comments and layout.
func compareSources(before, after *sources) (changed, added, removed []Difference) {
	gone := map[string][]*record.Source{} // by what they say but for their names
	for i := range before.list {
		if was := &before.list[i]; after.named[was.Name] == nil {
			gone[nameless(was)] = append(gone[nameless(was)], was)
		}
	}
	for i := range after.list {
		is := &after.list[i]
		was := before.named[is.Name]
		d := Difference{Kind: diffargs.Value, Chain: after.chain(is.Name)}
		if was == nil {
			if same := gone[nameless(is)]; len(same) > 0 {
				was, gone[nameless(is)] = same[0], same[1:]
				d.Kind = diffargs.Renamed
			}
		}
		switch {
		case was == nil:
			d.Kind = diffargs.Added
			d.describe(&record.Source{}, is)
			added = append(added, d)
		case d.Kind == diffargs.Renamed, was.Text != is.Text && !slices.Equal(tokens(was.Text), tokens(is.Text)):
			d.describe(was, is)
			changed = append(changed, d)
		}
	}
	for i := range before.list {
		if was := &before.list[i]; slices.Contains(gone[nameless(was)], was) {
			d := Difference{Kind: diffargs.Removed, Chain: before.chain(was.Name)}
			d.describe(was, &record.Source{})
			removed = append(removed, d)
		}
	}
	return changed, added, removed
}

// describe shows how a function changed. The zero Source is one that is not
// there.
func (d *Difference) describe(was, is *record.Source) {
	at := is
	if is.Name == "" {
		at = was
	}
	d.Path = codePath + display.Function(at.Name)
	if at.File != "" {
		d.Where = fmt.Sprintf("%s:%d", filepath.Base(at.File), at.Line)
	}
	lines := diffLines(was.Text, is.Text)
	d.Detail = unified(lines, max(was.Line, 1), max(is.Line, 1))
	if d.Kind == diffargs.Value {
		d.Before, d.After = firstChange(lines)
	}
	if d.Kind == diffargs.Renamed {
		d.Before, d.After = display.Function(was.Name), display.Function(is.Name)
	}
}

// nameless is what a function says, whatever it is called.
func nameless(s *record.Source) string {
	name := s.Name[strings.LastIndexByte(s.Name, '.')+1:]
	list := tokens(s.Text)
	if i := slices.Index(list, token.IDENT.String()+" "+name); i >= 0 {
		list[i] = token.IDENT.String()
	}
	return strings.Join(list, "\x00")
}

// tokens are those of a text, but for commas and semicolons, which layout can
// decide. Comments and layout are no part of the code's identity: a function
// that was only described anew is not what changed.
func tokens(text string) []string {
	var s scanner.Scanner
	s.Init(token.NewFileSet().AddFile("", -1, len(text)), []byte(text), nil, 0)
	var list []string
	for {
		switch _, tok, literal := s.Scan(); tok {
		case token.EOF:
			return list
		case token.COMMA, token.SEMICOLON:
		default:
			list = append(list, tok.String()+" "+literal)
		}
	}
}
