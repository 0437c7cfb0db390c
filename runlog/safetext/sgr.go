package safetext

import (
	"strconv"
	"strings"
)

// maxParameters bounds how many parameters of one SGR sequence are obeyed.
const maxParameters = 32

// applySGR returns style s after the SGR sequence with these parameters, the
// text between "ESC [" and "m". What it does not know changes nothing.
func applySGR(s style, parameters string) style {
	fields := strings.SplitN(parameters, ";", maxParameters+1)
	if len(fields) > maxParameters {
		fields = fields[:maxParameters]
	}
	for i := 0; i < len(fields); i++ {
		if code, sub, isNested := strings.Cut(fields[i], ":"); isNested {
			s = applyNested(s, code, strings.Split(sub, ":"))
			continue
		}
		code, ok := number(fields[i])
		if !ok {
			continue
		}
		if code == 38 || code == 48 || code == 58 {
			c, used := parseColor(fields[i+1:])
			s = setColor(s, code, c)
			i += used
			continue
		}
		s = applyCode(s, code)
	}
	return s
}

// applyNested obeys a parameter in the colon form: "4:3", "38:2::1:2:3".
func applyNested(s style, code string, sub []string) style {
	switch n, _ := number(code); n {
	case 4:
		if sub[0] == "0" {
			return applyCode(s, 24)
		}
		return applyCode(s, 4)
	case 38, 48:
		if sub[0] == "2" && len(sub) >= 5 { // with the number of a colour space
			sub = append([]string{"2"}, sub[2:]...)
		}
		c, _ := parseColor(sub)
		return setColor(s, n, c)
	}
	return s
}

func applyCode(s style, code int) style {
	for _, a := range attributeCodes {
		if code == a.code {
			s.attributes |= a.attribute
			return s
		}
	}
	switch {
	case code == 0:
		return style{}
	case code == 21: // a double underline
		s.attributes |= underline
	case code == 22:
		s.attributes &^= bold | faint
	case code == 23:
		s.attributes &^= italic
	case code == 24:
		s.attributes &^= underline
	case code == 27:
		s.attributes &^= reverse
	case code == 29:
		s.attributes &^= strike
	case code >= 30 && code <= 37:
		s.foreground = basicColor | color(code-30)
	case code == 39:
		s.foreground = 0
	case code >= 40 && code <= 47:
		s.background = basicColor | color(code-40)
	case code == 49:
		s.background = 0
	case code >= 90 && code <= 97:
		s.foreground = basicColor | color(code-90+8)
	case code >= 100 && code <= 107:
		s.background = basicColor | color(code-100+8)
	}
	return s
}

// parseColor reads "5;N" or "2;R;G;B" and tells how many fields that took. The
// colour is 0 if they make no sense.
func parseColor(fields []string) (c color, used int) {
	if len(fields) == 0 {
		return 0, 0
	}
	switch fields[0] {
	case "5":
		if len(fields) < 2 {
			return 0, len(fields)
		}
		if n, ok := number(fields[1]); ok {
			return indexedColor | color(n), 2
		}
		return 0, 2
	case "2":
		if len(fields) < 4 {
			return 0, len(fields)
		}
		c = rgbColor
		for i, shift := range []int{16, 8, 0} {
			n, ok := number(fields[1+i])
			if !ok {
				return 0, 4
			}
			c |= color(n) << shift
		}
		return c, 4
	}
	return 0, 1
}

// setColor sets the foreground (38) or background (48). The colour of an
// underline (58) is read, so that its parts are not taken for codes, and left.
func setColor(s style, code int, c color) style {
	switch {
	case c == 0:
	case code == 38:
		s.foreground = c
	case code == 48:
		s.background = c
	}
	return s
}

// number reads a parameter from 0 to 255; an empty one is 0.
func number(text string) (int, bool) {
	if text == "" {
		return 0, true
	}
	n, err := strconv.ParseUint(text, 10, 8)
	return int(n), err == nil
}
