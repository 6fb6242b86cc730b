# Recognises handwritten digits: prepare the data, train two models, keep the better one, score it.

variable "test_fraction" {
  description = "Share of the images held back to score the chosen model; as many again judge the candidates."
  type        = number
  default     = 0.2
}

variable "seed" {
  description = "Seed of every random choice."
  type        = number
  default     = 7
}

locals {
  # The candidates: scikit-learn's own parameter names, by kind of model.
  models = {
    forest = { n_estimators = 150, max_depth = 12 }
    svm    = { C = 4, gamma = 0.05 }
  }
}

environment "sklearn" {
  description  = "What every step runs in; pylock.sklearn.toml, which the first apply writes, pins it by hash."
  requirements = ["matplotlib==3.10.7", "scikit-learn==1.7.2"]
  # One thread, so that sums are added in one order on every machine.
  env = { OMP_NUM_THREADS = "1" }
}

component "train" {
  description = "Fits one candidate and measures it on the validation images."
  code        = "./src/train"
  command     = <<-SH
    python train.py \
      --train ${inputs.train} \
      --validation ${inputs.validation} \
      --kind ${inputs.kind} \
      --parameters ${inputs.parameters} \
      --seed ${inputs.seed} \
      --model ${outputs.model} \
      --metrics ${outputs.metrics}
  SH
  environment = environment.sklearn

  input "train" { type = "uri_file" }
  input "validation" { type = "uri_file" }
  input "kind" {
    type = "string"
    enum = ["forest", "svm"]
  }
  input "parameters" {
    description = "The model's parameters, as a JSON object."
    type        = "string"
    default     = "{}"
  }
  input "seed" {
    type    = "integer"
    default = 0
    min     = 0
  }

  output "model" { type = "uri_file" }
  output "metrics" { type = "metrics" }
}

pipeline "digits" {
  description = "From images to a scored model."

  input "test_fraction" {
    type    = "number"
    default = var.test_fraction
    min     = 0.05
    max     = 0.4
  }
  input "seed" {
    type    = "integer"
    default = var.seed
    min     = 0
  }

  step "prepare" {
    code        = "./src/prepare"
    command     = <<-SH
      python prepare.py \
        --test-fraction ${inputs.test_fraction} \
        --seed ${inputs.seed} \
        --train ${outputs.train} \
        --validation ${outputs.validation} \
        --test ${outputs.test}
    SH
    environment = environment.sklearn
    inputs      = { test_fraction = inputs.test_fraction, seed = inputs.seed }

    output "train" { type = "uri_file" }
    output "validation" { type = "uri_file" }
    output "test" { type = "uri_file" }
  }

  step "train" {
    for_each  = local.models
    component = component.train
    inputs = {
      train      = steps.prepare.outputs.train
      validation = steps.prepare.outputs.validation
      kind       = each.key
      parameters = jsonencode(each.value)
      seed       = inputs.seed
    }
  }

  step "compare" {
    code        = "./src/compare"
    command     = <<-SH
      python compare.py \
        --models ${inputs.models} \
        --accuracies ${inputs.accuracies} \
        --best ${outputs.best} \
        --model ${outputs.model}
    SH
    environment = environment.sklearn
    inputs = {
      models     = { for kind, step in steps.train : kind => step.outputs.model }
      accuracies = jsonencode({ for kind, step in steps.train : kind => step.outputs.metrics.accuracy })
    }

    output "best" { type = "string" }
    output "model" { type = "uri_file" }
  }

  step "score" {
    code        = "./src/score"
    command     = <<-SH
      python score.py \
        --model ${inputs.model} \
        --test ${inputs.test} \
        --metrics ${outputs.metrics} \
        --confusion ${outputs.confusion}
    SH
    environment = environment.sklearn
    inputs = {
      model = steps.compare.outputs.model
      test  = steps.prepare.outputs.test
    }

    output "metrics" { type = "metrics" }
    output "confusion" { type = "uri_file" }
  }

  output "accuracy" { value = steps.score.outputs.metrics.accuracy }
  output "best" { value = steps.compare.outputs.best }
  output "model" { value = steps.compare.outputs.model }
  output "confusion" { value = steps.score.outputs.confusion }
}

output "accuracy" {
  description = "Share of the test images that the chosen model names rightly."
  value       = pipeline.digits.outputs.accuracy
}

output "best" {
  description = "The candidate that was chosen."
  value       = pipeline.digits.outputs.best
}

output "model" {
  description = "The chosen model, as joblib writes it."
  value       = pipeline.digits.outputs.model.path
}

output "confusion" {
  description = "The confusion matrix, a PNG picture."
  value       = pipeline.digits.outputs.confusion.path
}
