# Measures every text in a folder, one step a file, and joins the results into one table.

locals {
  texts = fileset(path.module, "texts/*.txt")
}

component "count" {
  description = "Counts the lines, words and distinct words of one text."
  code        = "./src/count"
  command     = ["python3", "count.py", "--text", inputs.text, "--words", outputs.words, "--stats", outputs.stats]

  input "text" { type = "uri_file" }
  output "words" { type = "uri_file" }
  output "stats" { type = "metrics" }
}

pipeline "word_stats" {
  description = "One step a text, then one table of all."

  step "count" {
    for_each  = local.texts
    component = component.count
    inputs    = { text = each.key }
  }

  step "merge" {
    code    = "./src/merge"
    command = "python3 merge.py --words ${inputs.words} --table ${outputs.table} --commonest ${outputs.commonest}"
    inputs = {
      words = { for path, step in steps.count : trimsuffix(basename(path), ".txt") => step.outputs.words }
    }

    output "table" { type = "uri_file" }
    output "commonest" { type = "string" }
  }

  output "table" { value = steps.merge.outputs.table }
  output "commonest" { value = steps.merge.outputs.commonest }
  output "sizes" {
    value = { for path, step in steps.count : basename(path) => step.outputs.stats.words }
  }
}

output "table" {
  description = "A CSV file with one row a word and one column a text."
  value       = pipeline.word_stats.outputs.table.path
}

output "commonest" {
  description = "The word that occurs most often in all texts together."
  value       = pipeline.word_stats.outputs.commonest
}

output "sizes" {
  description = "Words by text."
  value       = pipeline.word_stats.outputs.sizes
}
