package runlog

import "runtime/debug"

// modules lists what an executable is built from, besides its own module:
// "path@version", with "=> path@version" or "=> folder" behind it if another one
// stands in its place.
func modules(info *debug.BuildInfo) []string {
	var list []string
	for _, m := range info.Deps {
		text := m.Path + "@" + m.Version
		if m.Replace != nil {
			text += " => " + m.Replace.Path
			if m.Replace.Version != "" {
				text += "@" + m.Replace.Version
			}
		}
		list = append(list, text)
	}
	return list
}
