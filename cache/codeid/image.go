package codeid

import (
	"debug/elf"
	"debug/gosym"
	"debug/macho"
	"debug/pe"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"sync"
)

// An image is an executable file in one of the formats that Go links.
type image struct {
	textAddress uint64
	text        io.ReadSeeker
	lineTable   func() ([]byte, error)
}

var errNoImage = errors.New("no ELF, Mach-O or PE executable with Go functions")

// maxLineTable bounds what is read of a damaged executable.
const maxLineTable = 1 << 30

func openImage(exe io.ReaderAt) (*image, error) {
	if file, err := elf.NewFile(exe); err == nil {
		return elfImage(file)
	}
	if file, err := macho.NewFile(exe); err == nil {
		return machoImage(file)
	}
	if file, err := pe.NewFile(exe); err == nil {
		return peImage(file)
	}
	return nil, errNoImage
}

func elfImage(file *elf.File) (*image, error) {
	text := file.Section(".text")
	table := file.Section(".gopclntab")
	if table == nil {
		table = file.Section(".data.rel.ro.gopclntab")
	}
	if text == nil || table == nil || table.Size > maxLineTable {
		return nil, errNoImage
	}
	return &image{textAddress: text.Addr, text: text.Open(), lineTable: table.Data}, nil
}

func machoImage(file *macho.File) (*image, error) {
	text, table := file.Section("__text"), file.Section("__gopclntab")
	if text == nil || table == nil || table.Size > maxLineTable {
		return nil, errNoImage
	}
	return &image{textAddress: text.Addr, text: text.Open(), lineTable: table.Data}, nil
}

// peImage finds the line table through symbols, since it has no section of its
// own.
func peImage(file *pe.File) (*image, error) {
	var base uint64
	switch header := file.OptionalHeader.(type) {
	case *pe.OptionalHeader32:
		base = uint64(header.ImageBase)
	case *pe.OptionalHeader64:
		base = header.ImageBase
	}
	text := file.Section(".text")
	if text == nil {
		return nil, errNoImage
	}
	img := &image{textAddress: base + uint64(text.VirtualAddress), text: text.Open()}
	img.lineTable = func() ([]byte, error) {
		var start, end *pe.Symbol
		for _, s := range file.Symbols {
			switch s.Name {
			case "runtime.pclntab":
				start = s
			case "runtime.epclntab":
				end = s
			}
		}
		if start == nil || end == nil || start.SectionNumber < 1 || int(start.SectionNumber) > len(file.Sections) ||
			start.SectionNumber != end.SectionNumber || start.Value > end.Value {
			return nil, errNoImage
		}
		data, err := file.Sections[start.SectionNumber-1].Data()
		if err != nil || int64(end.Value) > int64(len(data)) {
			return nil, errors.Join(errNoImage, err)
		}
		return data[start.Value:end.Value], nil
	}
	return img, nil
}

// textStart returns the first bytes of the code.
func (img *image) textStart(size int) ([]byte, error) {
	return io.ReadAll(io.LimitReader(img.text, int64(size)))
}

// anchor is a function whose address is known both to the file and to the
// process, which differ by where the system loaded the program.
func anchor() {}

func anchorEntry() uintptr { return reflect.ValueOf(anchor).Pointer() }

// offsetOf returns where a function lies relative to another one: this is the
// same in all processes of one executable.
func offsetOf(entry uintptr) int64 { return int64(entry - anchorEntry()) }

// symbolNames returns the names of all instances of generic functions, by
// address relative to the anchor.
var symbolNames = sync.OnceValues(func() (names map[uintptr]string, err error) {
	defer func() {
		// A line table of a newer format can be read wrongly by debug/gosym.
		if r := recover(); r != nil {
			names, err = nil, fmt.Errorf("read line table: %v", r)
		}
	}()
	exe, err := openExecutable()
	if err != nil {
		return nil, err
	}
	defer exe.Close()
	img, err := openImage(exe)
	if err != nil {
		return nil, err
	}
	data, err := img.lineTable()
	if err != nil {
		return nil, err
	}
	table, err := gosym.NewTable(nil, gosym.NewLineTable(data, img.textAddress))
	if err != nil {
		return nil, err
	}
	here := newFunction(anchorEntry()).symbol
	fixed := table.LookupFunc(here)
	if fixed == nil {
		return nil, fmt.Errorf("read line table: %s is missing", here)
	}
	names = map[uintptr]string{}
	for i := range table.Funcs {
		if f := &table.Funcs[i]; strings.Contains(f.Name, "[") {
			names[uintptr(f.Entry-fixed.Entry)] = f.Name
		}
	}
	return names, nil
})
