# Splits a text into two halves, counts the words of each half, and merges the counts.

variable "top" {
  description = "How many of the most frequent words the report lists."
  type        = number
  default     = 10
}

data_asset "text" {
  description = "The text whose words are counted."
  type        = "uri_file"
  path        = "./data/text.txt"
}

component "count" {
  description = "Counts the words of one text."
  code        = "./src/count"
  command     = "python3 count.py --text ${inputs.text} --counts ${outputs.counts}"

  input "text" { type = "uri_file" }
  output "counts" { type = "uri_file" }
}

pipeline "words" {
  description = "Split, count, merge."

  input "text" {
    type    = "uri_file"
    default = data_asset.text
  }

  step "split" {
    code    = "./src/split"
    command = "python3 split.py --text ${inputs.text} --first ${outputs.first} --second ${outputs.second}"
    inputs  = { text = inputs.text }

    output "first" { type = "uri_file" }
    output "second" { type = "uri_file" }
  }

  step "count" {
    for_each = {
      first  = steps.split.outputs.first
      second = steps.split.outputs.second
    }
    component = component.count
    inputs    = { text = each.value }
  }

  step "merge" {
    code    = "./src/merge"
    command = "python3 merge.py --counts ${inputs.counts} --top ${inputs.top} --report ${outputs.report} --total ${outputs.total}"
    inputs = {
      counts = { for half, step in steps.count : half => step.outputs.counts }
      top    = var.top
    }

    output "report" { type = "uri_file" }
    output "total" { type = "integer" }
  }

  output "report" { value = steps.merge.outputs.report }
  output "total" { value = steps.merge.outputs.total }
}

output "report" {
  description = "The file with the most frequent words."
  value       = pipeline.words.outputs.report.path
}

output "total" {
  description = "How many words the text has."
  value       = pipeline.words.outputs.total
}
