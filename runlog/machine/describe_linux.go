package machine

import "os"

// Describe looks at the machine. It reads some small files, which takes
// 0.3 ms, and three times that as the first thing that a program does.
func Describe() Description { return describe(os.DirFS("/")) }
