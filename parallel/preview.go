package parallel

import "labbook/diffargs"

// longestPreview bounds the preview of an input in an error, in characters.
const longestPreview = 60

// previewOf shows the beginning of an input.
func previewOf(input any) string { return diffargs.Preview(input, longestPreview) }
