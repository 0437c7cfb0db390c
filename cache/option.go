package cache

// Option shapes how one function is cached.
type Option func(*settings)

type settings struct {
	name    string
	names   []string
	ignored []string
	version string
}

// Ignore leaves arguments out of the key, by the names that Names gives them:
// calls that differ in nothing else share a result. It is for what does not
// change the result, such as a log level.
func Ignore(names ...string) Option {
	return func(s *settings) { s.ignored = append(s.ignored, names...) }
}

// Names gives the arguments names, in order, for Ignore and for people. Without
// it they are called arg0, arg1 and so on. A variadic argument counts as one, a
// context.Context as none.
func Names(names ...string) Option {
	return func(s *settings) { s.names = names }
}

// Name is what the function is called in keys and in the lab-book, instead of
// its package path and name. Give one to function literals, whose own names
// change when another literal is added before them.
func Name(name string) Option {
	return func(s *settings) { s.name = name }
}

// Version stands in the key for the function's code, its modules and the Go
// version: results are kept until the version is changed by hand, whatever
// happens to the code. It is for functions that are costly enough to be sure.
func Version(version string) Option {
	return func(s *settings) { s.version = version }
}
